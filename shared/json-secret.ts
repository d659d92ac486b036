import { RotationError } from './errors/rotation-error.ts'
import { ours, say } from './errors/words.ts'

// ECMAScript's "JSON.parse source text access", in Node 24 but not yet in TypeScript's library.
declare global {
  interface JSON {
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown
    rawJSON(text: string): object
    isRawJSON(value: unknown): value is { readonly rawJSON: string }
  }
}

/**
 * Parses the SecretString of a secret that is a JSON object. Numbers that JavaScript cannot hold exactly keep the
 * digits they were written with, so that fields we do not know survive the way through us.
 * @throws RotationError InvalidSecret; the parser's own message is dropped, because it quotes the text
 */
export function parseJsonObject(text: string): Record<string, unknown> {
  if (text.startsWith('\ufeff')) {
    throw new RotationError('InvalidSecret', say`The value of the secret begins with a byte order mark (U+FEFF).`, {
      likely: say`It was stored from a file that an editor or PowerShell has written as "UTF-8 with BOM".`,
      remedy: say`Save the file as UTF-8 without BOM, and put its text with put-secret-value.`,
    })
  }
  let value: unknown
  try {
    value = parseJson(text)
  } catch {
    throw new RotationError('InvalidSecret', say`The value of the secret is not JSON.`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new RotationError('InvalidSecret', say`The value of the secret is JSON, but not an object.`)
}

/**
 * Parses any JSON, with the digits of numbers kept as parseJsonObject keeps them.
 * @throws SyntaxError, whose message quotes the text
 */
export function parseJson(text: string): unknown {
  return JSON.parse(text, keepDigits)
}

function keepDigits(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value !== 'number' || context.source === undefined || String(value) === context.source) return value
  return JSON.rawJSON(context.source)
}

/** @returns the number that a field of parseJsonObject holds, also where it keeps its digits (3306.0) */
export function numberIn(field: unknown): number | undefined {
  if (JSON.isRawJSON(field)) return Number(field.rawJSON)
  return typeof field === 'number' ? field : undefined
}

/**
 * The text of a value that some write as a number, in the digits that it was written with.
 * @returns undefined for an empty text, and for what is neither
 */
export function textOrDigits(value: unknown): string | undefined {
  if (JSON.isRawJSON(value)) return value.rawJSON
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/**
 * A field of a secret that must be a text.
 * @returns undefined where there is none, or an empty one
 * @throws RotationError InvalidSecret
 */
export function textIn(json: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = Object.hasOwn(json, name) ? json[name] : undefined
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value
  throw new RotationError('InvalidSecret', say`"${ours(name)}" in the secret must be a text.`)
}

/**
 * A field of a secret that nobody means to have a blank at its ends: it was copied with it.
 * @throws RotationError InvalidSecret, also as `textIn` does
 */
export function trimmedIn(json: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = textIn(json, name)
  if (value?.trim() === value) return value
  throw new RotationError(
    'InvalidSecret',
    say`"${ours(name)}" in the secret begins or ends with a blank or a line break.`,
  )
}
