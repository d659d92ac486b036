import { type Environment, wholeNumber } from './environment.ts'
import { RotationError } from './errors/rotation-error.ts'
import { say } from './errors/words.ts'
import type { RotationContext } from './rotation/context.ts'

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
export function passwordRules(env: Environment, limit = 4096): PasswordRules {
  const excluded = env.EXCLUDE_CHARACTERS ?? ''
  const classes = [
    isTrue(env.EXCLUDE_LOWERCASE) ? '' : lowercase,
    isTrue(env.EXCLUDE_UPPERCASE) ? '' : lowercase.toUpperCase(),
    isTrue(env.EXCLUDE_NUMBERS) ? '' : digits,
    isTrue(env.EXCLUDE_PUNCTUATION) ? '' : marks,
  ]
    .map((characters) => [...characters].filter((character) => !excluded.includes(character)).join(''))
    .filter((characters) => characters !== '')
  const length = wholeNumber('PASSWORD_LENGTH', env, { default: 32, min: 8, max: limit })
  if (classes.join('').length < 10) {
    throw new RotationError(
      'InvalidConfiguration',
      say`The EXCLUDE_ variables leave fewer than 10 characters to choose from.`,
    )
  }
  return { length, classes, requireEach: isTrue(env.REQUIRE_EACH_INCLUDED_TYPE ?? 'true') }
}

/** Where passwords come from. */
export type Random = Pick<RotationContext, 'randomBytes'>

/**
 * A password, every character of which is drawn without bias. It begins with a letter where letters may be used, because
 * some tools take a leading mark or digit for something else.
 */
export function generatePassword({ length, classes, requireEach }: PasswordRules, random: Random): string {
  const all = classes.join('')
  const letters = all.replaceAll(/[^a-zA-Z]/g, '')
  for (;;) {
    // Drawing the whole anew until it meets the rules keeps every valid password equally likely.
    const password = draw(letters || all, 1, random) + draw(all, length - 1, random)
    if (
      !requireEach ||
      classes.every((characters) => [...characters].some((character) => password.includes(character)))
    )
      return password
  }
}

/** Bytes above the last multiple of the number of characters are drawn again, or the first characters would be likelier. */
function draw(characters: string, count: number, random: Random): string {
  const fair = 256 - (256 % characters.length)
  let drawn = ''
  while (drawn.length < count) {
    for (const byte of random.randomBytes(count - drawn.length))
      if (byte < fair) drawn += characters.charAt(byte % characters.length)
  }
  return drawn
}

/** As AWS's functions read a Boolean variable: these four in any case are true, all else is false. */
function isTrue(value: string | undefined): boolean {
  return ['true', '1', 'y', 'yes'].includes((value ?? '').toLowerCase())
}
