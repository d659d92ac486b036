import { randomInt } from 'node:crypto'
import { RotationError } from './rotation/errors.ts'

/**
 * Marks that need no escaping in a URL (RFC 3986 §2.3), a shell word, JSON, YAML or SQL. AWS's functions draw from all
 * 32 marks of ASCII less EXCLUDE_CHARACTERS.
 */
const marks = '-_.~'
const lowercase = 'abcdefghijklmnopqrstuvwxyz'
const digits = '0123456789'

export interface PasswordRules {
  /** In characters. */
  readonly length: number
  /** The classes to draw from; none is empty. */
  readonly classes: readonly string[]
  readonly requireEach: boolean
}

/**
 * Reads the seven environment variables of AWS's functions: PASSWORD_LENGTH, EXCLUDE_CHARACTERS, EXCLUDE_NUMBERS,
 * EXCLUDE_PUNCTUATION, EXCLUDE_UPPERCASE, EXCLUDE_LOWERCASE, REQUIRE_EACH_INCLUDED_TYPE.
 * @param limit the most characters that the password's server takes
 * @throws RotationError InvalidConfiguration
 */
export function passwordRules(env: NodeJS.ProcessEnv = process.env, limit = 4096): PasswordRules {
  const excluded = env.EXCLUDE_CHARACTERS ?? ''
  const classes = [
    isTrue(env.EXCLUDE_LOWERCASE) ? '' : lowercase,
    isTrue(env.EXCLUDE_UPPERCASE) ? '' : lowercase.toUpperCase(),
    isTrue(env.EXCLUDE_NUMBERS) ? '' : digits,
    isTrue(env.EXCLUDE_PUNCTUATION) ? '' : marks,
  ]
    .map((characters) => [...characters].filter((character) => !excluded.includes(character)).join(''))
    .filter((characters) => characters !== '')
  const length = wholeNumber('PASSWORD_LENGTH', env.PASSWORD_LENGTH, { default: 32, min: 8, max: limit })
  if (classes.join('').length < 10) {
    throw new RotationError(
      'InvalidConfiguration',
      'The EXCLUDE_ variables leave fewer than 10 characters to choose from.',
    )
  }
  return { length, classes, requireEach: isTrue(env.REQUIRE_EACH_INCLUDED_TYPE ?? 'true') }
}

/**
 * A password from node:crypto, every character drawn without bias. It begins with a letter where letters may be used,
 * because some tools take a leading mark or digit for something else.
 */
export function generatePassword({ length, classes, requireEach }: PasswordRules = passwordRules()): string {
  const all = classes.join('')
  const letters = all.replaceAll(/[^a-zA-Z]/g, '')
  for (;;) {
    // Drawing the whole anew until it meets the rules keeps every valid password equally likely.
    const password = draw(letters || all) + Array.from({ length: length - 1 }, () => draw(all)).join('')
    if (
      !requireEach ||
      classes.every((characters) => [...characters].some((character) => password.includes(character)))
    )
      return password
  }
}

function draw(characters: string): string {
  return characters.charAt(randomInt(characters.length))
}

/** As AWS's functions read a Boolean variable: these four in any case are true, all else is false. */
function isTrue(value: string | undefined): boolean {
  return ['true', '1', 'y', 'yes'].includes((value ?? '').toLowerCase())
}

/**
 * A whole number from an environment variable; an empty one counts as unset.
 * @throws RotationError InvalidConfiguration, which names the variable
 */
export function wholeNumber(
  name: string,
  text: string | undefined,
  range: { readonly default: number; readonly min: number; readonly max: number },
): number {
  if (text === undefined || text === '') return range.default
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= range.min && value <= range.max) return value
  throw new RotationError('InvalidConfiguration', `${name} must be a whole number from ${range.min} to ${range.max}.`)
}
