import { RotationError } from './errors/rotation-error.ts'
import { say } from './errors/words.ts'

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
