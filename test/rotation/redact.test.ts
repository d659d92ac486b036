import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { escape as quoted } from 'mysql2'
import { describe, expect, it } from 'vitest'
import { type ErrorCode, errorCatalogue } from '../../shared/errors/catalogue.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say } from '../../shared/errors/words.ts'
import { createRedactor } from '../../shared/rotation/redact.ts'
import { findLeak } from '../support/leaks.ts'
import { holds } from '../support/property.ts'

const mask = '[redacted]'
const withheld = '[withheld: it may show the secret]'

/** Whether a value can be found beside a mask just because the mask is part of the match. */
const blendsWithMask = (value: string) =>
  mask.includes(value) ||
  [...mask].some((_, i) => value.endsWith(mask.slice(0, i + 1)) || value.startsWith(mask.slice(i)))

const short = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
const long = fc.string({ unit: 'grapheme', minLength: 8, maxLength: 60 })
const hostile = fc.constantFrom(
  `p'a"s\\s %24$\${}\n<&> and a bit`,
  '100%-of-it',
  'a+b c/d=e',
  '\u2028é名🗝 and more',
  'S3cr.t*^$(|)[x]',
)
const value = fc.oneof(short, long, hostile).filter((text) => !blendsWithMask(text))
const longValue = fc.oneof(long, hostile).filter((text) => Buffer.byteLength(text) >= 8 && !blendsWithMask(text))
const around = fc.string({ unit: fc.constantFrom(...'xyz QZ-=:,;"{}'), maxLength: 9 })

/** That a text which held a value says nothing of it any more: it is masked there, or not shown at all. */
function expectHidden(output: string, ...held: readonly string[]): void {
  if (output === withheld) return
  expect(output).toContain(mask)
  for (const text of held) expect(output).not.toContain(text)
}

const forms: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  JSON: (text) => JSON.stringify({ text }),
  'JSON in JSON': (text) => JSON.stringify(JSON.stringify({ text })),
  'a URL': (text) => `https://u:${encodeURIComponent(text)}@host/`,
  'a URL in lower case': (text) => encodeURIComponent(text).replaceAll(/%../g, (code) => code.toLowerCase()),
  'a form': (text) => new URLSearchParams({ text }).toString(),
  SQL: (text) => `PASSWORD '${text.replaceAll("'", "''")}'`,
  'SQL as drivers escape it': (text) => `PASSWORD ${quoted(text)}`,
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
        expectHidden(output, secret, encoded)
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

  it('takes values out at any depth: of objects and keys, lists, errors, their causes and properties', async () => {
    const property = fc.property(value, fc.constantFrom(...Object.values(forms)), (secret, encode) => {
      // Texts that are there anyway (names of fields, paths in a stack) may look like a short value and give nothing away.
      fc.pre(!everyTextIn(nested('')).join('\n').includes(secret))
      const redactor = createRedactor()
      redactor.add(secret)
      const seen = everyTextIn(redactor.deep(nested(`before ${encode(secret)} after`))).join('\n')
      expect(seen.includes(mask) || seen.includes(withheld)).toBe(true)
      expect(seen.replaceAll(withheld, '')).not.toContain(secret)
      expect(seen.replaceAll(withheld, '')).not.toContain(encode(secret))
    })
    await holds(property, 300)
  })

  it('keeps class, name, code and the properties of an error', () => {
    const redactor = createRedactor()
    redactor.add('hunter2hunter2')
    const error = redactor.deep(
      new RotationError('LoginRefused', say`It refuses ${'hunter2hunter2'}.`, {
        cause: new RangeError('hunter2hunter2'),
      }),
    )
    expect(error).toBeInstanceOf(RotationError)
    expect(error).toMatchObject({ name: 'LoginRefused', code: 'LoginRefused', retryable: false })
    expect(error.message).toMatch(/^It refuses \[redacted\]\. Likely cause: /)
    expect(error.cause).toBeInstanceOf(RangeError)
    expect(Object.keys(error)).toEqual(Object.keys(new RotationError('LoginRefused', say`x`)))
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
      expect(redactor.deep(new RotationError(code, say`It happened.`))).toMatchObject({ name: code, code })
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
    redactor.add('abcd1234', 'abcd1234-and-the-rest', '')
    expect(redactor.text('x abcd1234-and-the-rest x abcd1234 x')).toBe('x [redacted] x [redacted] x')
  })
})

const sentences = Object.values(errorCatalogue).flatMap(({ cause, remedy }) => [cause, remedy])

describe('our own words', () => {
  const sentence = fc.constantFrom(...sentences)
  const part = fc.tuple(sentence, fc.nat(), fc.integer({ min: 1, max: 20 }))
  const ownWord = part.map(([text, from, length]) => text.slice(from % text.length, (from % text.length) + length))

  it('stay as they are, whatever the secret value is, and nothing else does', async () => {
    const secret = fc.oneof(ownWord, value)
    const property = fc.property(secret, sentence, sentence, around, around, (secret, first, last, before, after) => {
      const redactor = createRedactor()
      redactor.add(secret)
      const error = new RotationError('NoAnswer', say`${ours(first)}${`${before}${secret}${after}`}${ours(last)}`)
      const { message } = redactor.deep(error)
      expect(message.startsWith(first)).toBe(true)
      const end = `${last} Likely cause: ${errorCatalogue.NoAnswer.cause} What to do: ${errorCatalogue.NoAnswer.remedy} Trying again can help.`
      expect(message.endsWith(end)).toBe(true)
      expectHidden(message.slice(first.length, -end.length), ...(blendsWithMask(secret) ? [] : [secret]))
    })
    await holds(property, 500)
  })

  it('stand alone for a short value, or one that is among them: all else is withheld', async () => {
    const guessable = fc.oneof(
      ownWord.filter((text) => text.trim() !== ''),
      fc.string({ minLength: 1, maxLength: 7 }),
    )
    const property = fc.property(guessable, fc.string({ minLength: 1 }), (secret, said) => {
      const redactor = createRedactor()
      redactor.add(secret)
      expect(redactor.text(said)).toBe(withheld)
      expect(redactor.words(say`It said ${said} of ${said}, 7 times.`)).toBe(
        `It said ${withheld} of [withheld], 7 times.`,
      )
    })
    await holds(property, 300)
  })

  it('include the event, which is never masked, though a secret value is part of it', async () => {
    const property = fc.property(fc.stringMatching(/^[a-z0-9]{1,12}$/), (secret) => {
      const arn = `arn:aws:secretsmanager:us-east-1:000000000000:secret:prod/${secret}/app-AbCdEf`
      const redactor = createRedactor('setSecret', arn)
      redactor.add(secret)
      expect(redactor.words(say`Secret ${arn} in ${'setSecret'}: ${`db.${secret}.example`}.`)).toBe(
        `Secret ${arn} in setSecret: ${withheld}.`,
      )
    })
    await holds(property, 200)
  })

  it('include texts that are kept: a value that is part of one is withheld and not masked', () => {
    const redactor = createRedactor()
    redactor.add('administrator-17')
    expect(redactor.text('not administrator-17')).toBe('not [redacted]')
    redactor.keep('arn:of/Administrator-17')
    expect(redactor.text('arn:of/Administrator-17')).toBe('arn:of/Administrator-17')
    expect(redactor.text('not administrator-17')).toBe(withheld)
  })

  it('of an error stand in it once: stacks, of its causes too, have the places alone', () => {
    const cause = new TypeError('a cause\n    at its.own (/words:1:1)')
    const error = createRedactor().deep(new RotationError('LoginRefused', say`It happened.`, { cause }))
    expect(error.stack).toMatch(/^LoginRefused\n {4}at .*redact\.test\.ts:\d+:\d+/)
    expect(error.stack).not.toContain('It happened')
    expect((error.cause as Error).stack).toMatch(/^TypeError\n {4}at .*redact\.test\.ts:\d+:\d+/)
    expect((error.cause as Error).stack).not.toContain('its.own')
  })

  it('include the class and code of foreign errors', () => {
    const redactor = createRedactor()
    redactor.add('t')
    const error = redactor.deep(
      Object.assign(new TypeError('not this'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID', sql: 'nor this' }),
    )
    expect(error).toMatchObject({
      name: 'TypeError',
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
      message: withheld,
      sql: withheld,
    })
  })
})

describe('a value of several lines', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const lines = key.split('\n').filter((line) => line !== '' && !line.startsWith('-----'))
  const written: Readonly<Record<string, string>> = {
    'as it is': key,
    trimmed: key.trim(),
    'with CRLF': key.replaceAll('\n', '\r\n'),
    'with CRLF, trimmed': key.trim().replaceAll('\n', '\r\n'),
    'indented, as in YAML': key.replaceAll('\n', '\n    '),
    'on one line': key.replaceAll('\n', ''),
    'with \\n for its ends of line': key.replaceAll('\n', '\\n'),
    'as JSON in JSON': JSON.stringify(JSON.stringify({ key })),
    'as a form': new URLSearchParams({ key }).toString(),
    'in base64': Buffer.from(`key: ${key}`).toString('base64'),
  }
  it.each(Object.entries(written))('is masked %s, and so is each line of it', (_how, text) => {
    for (const stored of [key, key.trim(), key.replaceAll('\n', '\r\n')]) {
      const redactor = createRedactor()
      redactor.add(stored)
      const output = redactor.text(`said: ${text}.`)
      expect(output).toContain(mask)
      expect(findLeak(output, [key, ...lines.slice(0, -1)])).toBeUndefined()
      for (const line of lines.slice(0, -1)) expect(redactor.text(`in line 7: ${line}!`)).toBe(`in line 7: ${mask}!`)
    }
  })
})

function nested(text: string): unknown {
  const cause = Object.assign(new TypeError(text), { sql: text, meta: { [text]: [text, { deep: text }] } })
  const error = new RotationError('LoginRefused', say`${text}`, { cause })
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
