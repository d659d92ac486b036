import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ErrorCode, errorCatalogue } from '../../shared/rotation/error-catalogue.ts'
import { RotationError } from '../../shared/rotation/errors.ts'
import { createRedactor } from '../../shared/rotation/redact.ts'
import { findLeak } from '../support/leaks.ts'
import { holds } from '../support/property.ts'

const mask = '[redacted]'

/** Whether finding the value beside a mask would say nothing, since the mask itself is part of what is found. */
const blendsWithMask = (value: string) =>
  mask.includes(value) ||
  [...mask].some((_, i) => value.endsWith(mask.slice(0, i + 1)) || value.startsWith(mask.slice(i)))

const short = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
const long = fc.string({ unit: 'grapheme', minLength: 8, maxLength: 60 })
const hostile = fc.constantFrom(`p'a"s\\s %24$\${}\n<&>`, '100%', 'a+b c/d=', '\u2028é名🗝 and more', 'S3cr.t*^$(|)[x]')
const value = fc.oneof(short, long, hostile).filter((text) => !blendsWithMask(text))
const longValue = fc.oneof(long, hostile).filter((text) => Buffer.byteLength(text) >= 8 && !blendsWithMask(text))
const around = fc.string({ unit: fc.constantFrom(...'xyz QZ-=:,;"{}'), maxLength: 9 })

const forms: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  JSON: (text) => JSON.stringify({ text }),
  'JSON in JSON': (text) => JSON.stringify(JSON.stringify({ text })),
  'a URL': (text) => `https://u:${encodeURIComponent(text)}@host/`,
  'a URL in lower case': (text) => encodeURIComponent(text).replaceAll(/%../g, (code) => code.toLowerCase()),
  'a form': (text) => new URLSearchParams({ text }).toString(),
  SQL: (text) => `PASSWORD '${text.replaceAll("'", "''")}'`,
  'SQL with backslashes': (text) => `PASSWORD E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`,
  base64: (text) => Buffer.from(text).toString('base64'),
  base64url: (text) => Buffer.from(text).toString('base64url'),
}

describe('the redactor', () => {
  for (const [form, encode] of Object.entries(forms)) {
    it(`takes a value out of any text, written as ${form}`, async () => {
      const property = fc.property(value, around, around, (secret, before, after) => {
        const redactor = createRedactor()
        redactor.add(secret)
        const encoded = encode(secret)
        const output = redactor.text(`${before}${encoded}${after}`)
        expect(output).toContain(mask)
        expect(output).not.toContain(secret)
        expect(output).not.toContain(encoded)
      })
      await holds(property, 400)
    })
  }

  for (const encoding of ['base64', 'base64url', 'hex'] as const) {
    it(`takes a value out of a longer text in ${encoding}, wherever in it it stands`, async () => {
      const property = fc.property(longValue, around, around, fc.boolean(), (secret, before, after, capitals) => {
        const redactor = createRedactor()
        redactor.add(secret)
        const whole = Buffer.from(`${before}${secret}${after}`).toString(encoding)
        const output = redactor.text(encoding === 'hex' && capitals ? whole.toUpperCase() : whole)
        expect(findLeak(output, [secret])).toBeUndefined()
      })
      await holds(property, 400)
    })
  }

  it('takes values out at any depth: of objects and their keys, lists, errors, causes and what hangs on errors', async () => {
    const property = fc.property(value, fc.constantFrom(...Object.values(forms)), (secret, encode) => {
      // What is there without it (names of fields, paths in a stack) may look like a short value and gives nothing away.
      fc.pre(!everyTextIn(nested('')).join('\n').includes(secret))
      const redactor = createRedactor()
      redactor.add(secret)
      const seen = everyTextIn(redactor.deep(nested(`before ${encode(secret)} after`))).join('\n')
      expect(seen).toContain(mask)
      expect(seen).not.toContain(secret)
      expect(seen).not.toContain(encode(secret))
    })
    await holds(property, 300)
  })

  it('keeps class, name, code and the properties of an error', () => {
    const redactor = createRedactor()
    redactor.add('hunter2hunter2')
    const error = redactor.deep(
      new RotationError('LoginRefused', 'It refuses hunter2hunter2.', { cause: new RangeError('hunter2hunter2') }),
    )
    expect(error).toBeInstanceOf(RotationError)
    expect(error).toMatchObject({ name: 'LoginRefused', code: 'LoginRefused', retryable: false })
    expect(error.message).toMatch(/^It refuses \[redacted\]\. Likely cause: /)
    expect(error.cause).toBeInstanceOf(RangeError)
    expect(Object.keys(error)).toEqual(Object.keys(new RotationError('LoginRefused', 'x')))
    const all = redactor.deep(new AggregateError([new TypeError('hunter2hunter2')]))
    expect(all).toBeInstanceOf(AggregateError)
    expect(all.errors[0]).toBeInstanceOf(TypeError)
  })

  it('keeps name and code of an error also where a secret value happens to be part of them', async () => {
    const codes = Object.keys(errorCatalogue) as ErrorCode[]
    const property = fc.property(fc.constantFrom(...codes), fc.nat(), fc.nat(), (code, from, length) => {
      const redactor = createRedactor()
      const start = from % code.length
      redactor.add(code.slice(start, start + 1 + length))
      expect(redactor.deep(new RotationError(code, 'It happened.'))).toMatchObject({ name: code, code })
    })
    await holds(property, 200)
  })

  it('does not change what it is given', () => {
    const redactor = createRedactor()
    redactor.add('hunter2hunter2')
    const error = Object.assign(new Error('hunter2hunter2'), { list: ['hunter2hunter2'] })
    redactor.deep({ error })
    expect(error.message + error.list[0]).toBe('hunter2hunter2hunter2hunter2')
  })

  it('ends where objects refer to one another in a circle', () => {
    const redactor = createRedactor()
    redactor.add('hunter2hunter2')
    const one: Record<string, unknown> = { text: 'hunter2hunter2' }
    one.self = [one]
    const error = new Error('hunter2hunter2', { cause: one })
    one.error = error
    const output = redactor.deep(error)
    expect((output.cause as typeof one).error).toBe(output)
    expect((output.cause as typeof one).text).toBe(mask)
  })

  it('names buffers, sockets and other things instead of looking through them', () => {
    const redactor = createRedactor()
    const output = redactor.deep({ buffer: Buffer.from('x'), map: new Map([['a', 'b']]), act: () => 'x' })
    expect(output).toEqual({ buffer: '[Buffer]', map: '[Map]', act: undefined })
  })

  it('masks a long value whole, though a shorter one is part of it', () => {
    const redactor = createRedactor()
    redactor.add('abcd', 'abcd-and-the-rest', '')
    expect(redactor.text('x abcd-and-the-rest x abcd x')).toBe('x [redacted] x [redacted] x')
  })
})

function nested(text: string): unknown {
  const cause = Object.assign(new TypeError(text), { sql: text, meta: { [text]: [text, { deep: text }] } })
  const error = new RotationError('LoginRefused', text, { cause })
  const all = new AggregateError([error, new Error(text), text], text, { cause: [{ text }, error] })
  return { all, list: [text, [text]], text, nothing: null, number: 7, yes: true }
}

function everyTextIn(value: unknown, seen = new Set<unknown>()): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null || seen.has(value)) return []
  seen.add(value)
  return Object.getOwnPropertyNames(value).flatMap((key) => [
    key,
    ...everyTextIn((value as Record<string, unknown>)[key], seen),
  ])
}
