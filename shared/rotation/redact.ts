import { knownErrors } from '../errors/general-error.ts'
import { RotationError } from '../errors/rotation-error.ts'
import { partsOf, type Words } from '../errors/words.ts'
import { redactedCopy } from './redacted-copy.ts'
import { formsOf, isTooShort } from './secret-forms.ts'

const mask = '[redacted]'
const withheld = '[withheld: it may show the secret]'
/** Once in a sentence is enough. */
const withheldToo = '[withheld]'

/** More than MySQL's longest message (512 bytes), and than what PostgreSQL and AWS say of privileges. */
const mostQuoted = 2_000

/**
 * Somebody else's words for an error or a log: whole, or not at all. Nothing may be cut before it has been redacted, because
 * half a secret value is not found in it.
 */
export function quotable(said: string): string {
  return said.length <= mostQuoted ? said : `a message of ${said.length} characters, which is too long to be quoted`
}

/** Takes secret values out of whatever is about to be logged or thrown. One per invocation. */
export interface Redactor {
  /** From now on these values are masked, in every form that `formsOf` knows. Empty strings are passed over. */
  add(...values: string[]): void
  /** From now on this text is ours: it is shown as it is, wherever it is quoted by itself. */
  keep(text: string): void
  /** What comes from outside, less the secret values in it. */
  text(text: string): string
  /** What is ours stays as it is; the rest goes through `text`. */
  words(words: Words | string): string
  /**
   * A copy of a value in which every string, at any depth, is taken for one from outside; but for the words of a
   * RotationError. Errors keep their class, name and code, and their stacks lose the message.
   */
  deep<T>(value: T): T
}

/**
 * @param shown what the event says (step, ARN, version): it is never masked, and stands beside all that is
 * @returns a redactor that knows no value yet
 */
export function createRedactor(...shown: string[]): Redactor {
  // Our own words, which everybody knows: a value among them is known by what stands where it is missing.
  const ownWords = [...knownErrors()].flatMap(([code, { cause, remedy }]) => [code, cause, remedy])
  const known = [...ownWords, ...shown].map((text) => text.toLowerCase())
  const secrets = new Set<string>()
  const forms = new Set<string>()
  let pattern: RegExp | undefined
  // A mask says by its place what it hides, where the value is short or a word of ours: then nothing from outside is shown.
  let isGuessable = false

  const masked = (input: string) => {
    // Almost no text holds a secret, and looking is a tenth of the price of making the pattern.
    if (!forms.values().some((form) => input.includes(form))) return input
    // Longest first, so that a value is masked whole before a shorter one inside it is.
    pattern ??= new RegExp(
      [...forms]
        .sort((a, b) => b.length - a.length)
        .map(RegExp.escape)
        .join('|'),
      'g',
    )
    return input.replace(pattern, mask)
  }
  const text = (input: string) => {
    if (input === '' || shown.includes(input)) return input
    return isGuessable ? withheld : masked(input)
  }
  const code = (input: string) => (isGuessable ? input : masked(input))
  const ownMessage = (error: Error) => (error instanceof RotationError ? words(error.words) : undefined)
  const words = (input: Words | string) => {
    const shown = partsOf(input).map((part) => (part.ours ? part.text : text(part.text)))
    const first = shown.indexOf(withheld)
    return shown.map((part, index) => (part === withheld && index > first ? withheldToo : part)).join('')
  }
  return {
    add(...values) {
      for (const value of values.filter((each) => each !== '')) {
        const plain = value.trim().toLowerCase()
        secrets.add(plain)
        isGuessable ||= isTooShort(value) || known.some((text) => text.includes(plain))
        for (const form of formsOf(value)) forms.add(form)
      }
      pattern = undefined
    },
    keep(kept) {
      shown.push(kept)
      known.push(kept.toLowerCase())
      isGuessable ||= secrets.values().some((secret) => kept.toLowerCase().includes(secret))
    },
    text,
    words,
    deep: <T>(value: T) => redactedCopy(value, { text, code, ownMessage }) as T,
  }
}
