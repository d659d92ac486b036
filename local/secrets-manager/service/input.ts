import { unreadable, validation } from './errors.ts'

/** Turns a part of a request body into a typed value, or throws. `at` is its path, as AWS spells it. */
export type Reader<T> = (value: unknown, at: string) => T

type Shape = Readonly<Record<string, Reader<unknown>>>
export type Input<S extends Shape> = { readonly [K in keyof S]: ReturnType<S[K]> }

interface Text {
  readonly min?: number
  readonly max?: number
  readonly pattern?: RegExp
  /** The value never appears in a message. */
  readonly sensitive?: boolean
}

function broken(value: unknown, at: string, constraint: string, sensitive = false) {
  const shown = sensitive || value === undefined ? '' : ` '${String(value).slice(0, 100)}'`
  const what = `1 validation error detected: Value${shown} at '${at}' failed to satisfy constraint: ${constraint}`
  return validation(what)
}

function mistyped(at: string, expected: string) {
  return unreadable(`'${at}' must be ${expected}.`)
}

/** Absent and null are the same to AWS's JSON protocol. */
export const optional =
  <T>(reader: Reader<T>): Reader<T | undefined> =>
  (value, at) =>
    value === undefined || value === null ? undefined : reader(value, at)

export const text =
  ({ min = 0, max = Infinity, pattern, sensitive = false }: Text = {}): Reader<string> =>
  (value, at) => {
    if (value === undefined || value === null) throw broken(undefined, at, 'Member must not be null')
    if (typeof value !== 'string') throw mistyped(at, 'a string')
    const length = (comparison: string, limit: number) =>
      broken(value, at, `Member must have length ${comparison} than or equal to ${limit}`, sensitive)
    if (value.length < min) throw length('greater', min)
    if (value.length > max) throw length('less', max)
    if (pattern && !pattern.test(value)) {
      throw broken(value, at, `Member must satisfy regular expression pattern: ${pattern.source}`, sensitive)
    }
    return value
  }

/** Bytes, as Base64. The limits are for the bytes, not for the text. */
export const base64 =
  ({ min = 0, max = Infinity }: { readonly min?: number; readonly max?: number }): Reader<string> =>
  (value, at) => {
    const given = text({ pattern: /^[A-Za-z0-9+/]*={0,2}$/, sensitive: true })(value, at)
    const bytes = Buffer.byteLength(given, 'base64')
    if (bytes < min) throw broken(undefined, at, `Member must have length greater than or equal to ${min}`)
    if (bytes > max) throw broken(undefined, at, `Member must have length less than or equal to ${max}`)
    return given
  }

export const integer =
  ({ min = -Infinity, max = Infinity }: { readonly min?: number; readonly max?: number } = {}): Reader<number> =>
  (value, at) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw mistyped(at, 'a whole number')
    if (value < min) throw broken(value, at, `Member must have value greater than or equal to ${min}`)
    if (value > max) throw broken(value, at, `Member must have value less than or equal to ${max}`)
    return value
  }

export const flag: Reader<boolean> = (value, at) => {
  if (typeof value !== 'boolean') throw mistyped(at, 'true or false')
  return value
}

export const oneOf =
  <const T extends string>(values: readonly T[]): Reader<T> =>
  (value, at) => {
    const found = values.find((known) => known === value)
    if (found !== undefined) return found
    const given = text()(value, at)
    throw broken(given, at, `Member must satisfy enum value set: [${values.join(', ')}]`)
  }

export const list =
  <T>(item: Reader<T>, { min = 0, max = Infinity } = {}): Reader<readonly T[]> =>
  (value, at) => {
    if (value === undefined || value === null) throw broken(undefined, at, 'Member must not be null')
    if (!Array.isArray(value)) throw mistyped(at, 'a list')
    if (value.length < min) throw broken(undefined, at, `Member must have length greater than or equal to ${min}`)
    if (value.length > max) throw broken(undefined, at, `Member must have length less than or equal to ${max}`)
    return value.map((each, index) => item(each, `${at}.${index + 1}.member`))
  }

/** Reads an object's known members and leaves unknown ones out, as AWS does. */
export const record =
  <S extends Shape>(shape: S): Reader<Input<S>> =>
  (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mistyped(at || 'body', 'an object')
    const members = Object.entries(shape).map(([name, reader]) => {
      const path = `${at && `${at}.`}${name.charAt(0).toLowerCase()}${name.slice(1)}`
      return [name, reader(Reflect.get(value, name), path)]
    })
    return Object.fromEntries(members) as Input<S>
  }
