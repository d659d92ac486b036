import { errorCatalogue } from './error-catalogue.ts'

const mask = '[redacted]'

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
  text(text: string): string
  /** A copy of a value in which every string, at any depth, is masked. Errors keep their class, name and code. */
  deep<T>(value: T): T
}

/** @returns a redactor that knows no value yet */
export function createRedactor(): Redactor {
  const forms = new Set<string>()
  let pattern: RegExp | undefined

  const text = (input: string) => {
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
  return {
    add(...values) {
      for (const form of values.flatMap(formsOf)) forms.add(form)
      pattern = undefined
    },
    text,
    deep: <T>(value: T) => copy(value, text, new Map()) as T,
  }
}

/**
 * The forms in which a value turns up in logs: as it is, in JSON (also twice), in SQL, in a URL, in a form, in base64
 * (also in the middle of a longer text, such as `user:password`, where it is shifted by one or two bytes), in hex.
 */
function formsOf(value: string): string[] {
  if (value === '') return []
  const json = JSON.stringify(value).slice(1, -1)
  const url = percent(value, encodeURIComponent)
  const form = new URLSearchParams([['', value]]).toString().slice(1)
  const forms = [value, json, JSON.stringify(json).slice(1, -1), value.replaceAll("'", "''"), url, form]
  forms.push(value.replaceAll('\\', '\\\\').replaceAll("'", "''"), lowerHex(url), lowerHex(form))
  const bytes = Buffer.from(value)
  forms.push(bytes.toString('base64'), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url'))
  // Shorter ones would mask half of any text, and a fragment of a few characters gives little away.
  if (bytes.length >= 8) forms.push(...shifted(bytes), bytes.toString('hex'), bytes.toString('hex').toUpperCase())
  return forms
}

/** Base64 of the bytes as they look one or two bytes further into a text, less the characters that neighbours change. */
function shifted(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const whole = text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6))
    return [whole, whole.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

function percent(value: string, encode: (text: string) => string): string {
  try {
    return encode(value)
  } catch {
    return value // a lone surrogate has no URL form
  }
}

function lowerHex(text: string): string {
  return text.replaceAll(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase())
}

function copy(value: unknown, text: (input: string) => string, seen: Map<object, unknown>): unknown {
  if (typeof value === 'string') return text(value)
  if (typeof value === 'function') return undefined
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  const known = seen.get(value)
  if (known !== undefined) return known
  if (value instanceof Error) return copyError(value, text, seen)
  if (Array.isArray(value)) {
    const list: unknown[] = []
    seen.set(value, list)
    for (const item of value) list.push(copy(item, text, seen))
    return list
  }
  // Sockets, buffers, requests: too much to look through, and nothing that a reader of the log needs.
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return `[${value.constructor?.name ?? 'object'}]`
  const object: Record<string, unknown> = {}
  seen.set(value, object)
  for (const [key, item] of Object.entries(value)) object[text(key)] = copy(item, text, seen)
  return object
}

function copyError(error: Error, text: (input: string) => string, seen: Map<object, unknown>): Error {
  const clean = new Error(text(error.message))
  Object.setPrototypeOf(clean, Object.getPrototypeOf(error))
  seen.set(error, clean)
  // Every own property, listed or not: drivers and SDKs hang statements, requests and responses on their errors.
  for (const key of Object.getOwnPropertyNames(error)) {
    const value = (error as unknown as Record<string, unknown>)[key]
    const item = isCode(key, value) ? value : copy(value, text, seen)
    const enumerable = Object.prototype.propertyIsEnumerable.call(error, key)
    Object.defineProperty(clean, key, { value: item, enumerable, writable: true, configurable: true })
  }
  return clean
}

/** A code out of the closed list holds no secret, even where a secret happens to be part of it; alarms rely on it. */
function isCode(key: string, value: unknown): boolean {
  return (key === 'name' || key === 'code') && typeof value === 'string' && Object.hasOwn(errorCatalogue, value)
}
