import { isKind } from '../errors/words.ts'

/** How the strings of a copy are made. */
export interface Redaction {
  /** Of a text from outside. */
  text(input: string): string
  /** Of what says of which kind a foreign error is: without it, one whose words are withheld would say nothing at all. */
  code(input: string): string
  /** The message of an error of ours; undefined for any other. */
  ownMessage(error: Error): string | undefined
}

/**
 * A copy of any value in which every string, at any depth, is redacted. Errors keep their class and, where they are ours,
 * name, code and words; all lose the message in their stack.
 */
export function redactedCopy(value: unknown, redaction: Redaction): unknown {
  const { text, ownMessage } = redaction
  const seen = new Map<object, unknown>()

  function copy(value: unknown): unknown {
    if (typeof value === 'string') return text(value)
    if (typeof value === 'function') return undefined
    if (typeof value !== 'object' || value === null || value instanceof Date) return value
    const known = seen.get(value)
    if (known !== undefined) return known
    if (value instanceof Error) return copyError(value)
    if (Array.isArray(value)) {
      const list: unknown[] = []
      seen.set(value, list)
      for (const item of value) list.push(copy(item))
      return list
    }
    // Sockets, buffers, requests: too much to look through, and nothing that a reader of the log needs.
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) return `[${value.constructor?.name ?? 'object'}]`
    const object: Record<string, unknown> = {}
    seen.set(value, object)
    for (const [key, item] of Object.entries(value)) object[text(key)] = copy(item)
    return object
  }

  function copyError(error: Error): Error {
    const own = ownMessage(error)
    const clean = new Error(own ?? text(error.message))
    Object.setPrototypeOf(clean, Object.getPrototypeOf(error))
    seen.set(error, clean)
    // Every own property, listed or not: drivers and SDKs hang statements, requests and responses on their errors.
    for (const key of Object.getOwnPropertyNames(error)) {
      if (key === 'message' || (own !== undefined && inMessage.includes(key))) continue
      const value = property(error, key, own !== undefined)
      const enumerable = Object.prototype.propertyIsEnumerable.call(error, key)
      Object.defineProperty(clean, key, { value, enumerable, writable: true, configurable: true })
    }
    return clean
  }

  function property(error: Error, key: string, isOurs: boolean): unknown {
    const value = (error as unknown as Record<string, unknown>)[key]
    if (key === 'stack')
      return [isOurs || isKind(error.name) ? error.name : 'Error', ...places(error).map(redaction.code)].join('\n')
    if (typeof value !== 'string' || (key !== 'name' && key !== 'code')) return copy(value)
    if (isOurs) return value
    return isKind(value) ? redaction.code(value) : copy(value)
  }
  return copy(value)
}

/** Of an error of ours: what stands in its message. */
const inMessage = ['what', 'likely', 'remedy', 'words']

/** A place in the code, as V8 writes it. */
const place = /^ {4}at .+(?::\d+:\d+\)?|\((?:<anonymous>|native)\))$/

/** The stack without name and message, which stand elsewhere: what is left are places in the code. */
function places({ message, stack }: Error): string[] {
  const text = typeof stack === 'string' ? stack : ''
  const at = text.indexOf(message)
  const lines = (at < 0 ? text : text.slice(at + message.length)).split('\n')
  return lines.filter((line) => place.test(line))
}
