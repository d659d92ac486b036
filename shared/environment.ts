import { RotationError } from './errors/rotation-error.ts'
import { ours, say } from './errors/words.ts'

/** The environment variables of a function. Only the composition root reads those of the process. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * A whole number from an environment variable; an empty one counts as unset.
 * @throws RotationError InvalidConfiguration, which names the variable
 */
export function wholeNumber(
  name: string,
  env: Environment,
  range: { readonly default: number; readonly min: number; readonly max: number },
): number {
  const text = env[name]
  if (text === undefined || text === '') return range.default
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= range.min && value <= range.max) return value
  throw new RotationError(
    'InvalidConfiguration',
    say`${ours(name)} must be a whole number from ${range.min} to ${range.max}.`,
  )
}

/**
 * One of several words from an environment variable, the first of them where it is empty or unset.
 * @throws RotationError InvalidConfiguration, which names the variable and the words
 */
export function oneOf<const Word extends string>(
  name: string,
  env: Environment,
  words: readonly [Word, ...Word[]],
): Word {
  const text = env[name] || words[0]
  const word = words.find((known) => known === text)
  if (word !== undefined) return word
  const list = [words.slice(0, -1).join(', '), words.at(-1)].filter(Boolean).join(' or ')
  throw new RotationError('InvalidConfiguration', say`${ours(name)} must be ${ours(list)}.`)
}
