import { type Environment, oneOf, wholeNumber } from '../../shared/environment.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { generatePassword, passwordRules, type Random } from '../../shared/password.ts'

export interface Settings {
  /** The JSON fields that get a new value each; a secret that is no JSON object is replaced as a whole. */
  readonly fields: readonly string[]
  /** Whether what looks like a secret of another kind is refused. */
  readonly check: boolean
  generate(random: Random): string
}

/**
 * Reads VALUE_FIELDS (names, separated by commas; default `password`) and how a value is made: VALUE_FORMAT is
 * `password` (the default; the seven password variables apply), `alphabet` (PASSWORD_LENGTH characters of
 * VALUE_ALPHABET), or `hex`, `base64`, `base64url` of VALUE_BYTES random bytes (default 32). VALUE_CHECK=off takes any text.
 * @throws RotationError InvalidConfiguration
 */
export function settings(env: Environment): Settings {
  const fields = (env.VALUE_FIELDS || 'password').split(',').map((name) => name.trim())
  if (fields.includes('') || new Set(fields).size < fields.length) {
    throw new RotationError('InvalidConfiguration', say`VALUE_FIELDS must be different names, separated by commas.`)
  }
  return { fields, check: oneOf('VALUE_CHECK', env, ['on', 'off']) === 'on', generate: generator(env) }
}

function generator(env: Environment): Settings['generate'] {
  const format = oneOf('VALUE_FORMAT', env, ['password', 'alphabet', 'hex', 'base64', 'base64url'])
  if (format === 'password') {
    const rules = passwordRules(env)
    return (random) => generatePassword(rules, random)
  }
  if (format === 'alphabet') {
    const alphabet = env.VALUE_ALPHABET ?? ''
    const { length } = passwordRules({ PASSWORD_LENGTH: env.PASSWORD_LENGTH })
    if (alphabet.length < 10 || new Set(alphabet).size < alphabet.length || !/^[ -~]+$/.test(alphabet)) {
      throw new RotationError(
        'InvalidConfiguration',
        say`VALUE_ALPHABET must be 10 or more different ASCII characters.`,
      )
    }
    return (random) => generatePassword({ length, classes: [alphabet], requireEach: false }, random)
  }
  const bytes = wholeNumber('VALUE_BYTES', env, { default: 32, min: 16, max: 4096 })
  return ({ randomBytes }) => Buffer.from(randomBytes(bytes)).toString(format)
}
