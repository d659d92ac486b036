import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { parseEvent, steps } from '../../shared/rotation/event.ts'
import { repositoryPath } from '../support/function-under-test.ts'
import { holds } from '../support/property.ts'

const valid = {
  Step: 'createSecret',
  SecretId: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:a-AbCdEf',
  ClientRequestToken: randomUUID(),
  RotationToken: randomUUID(),
}

function whatParsingSays(event: unknown): string {
  try {
    parseEvent(event)
  } catch (error) {
    expect(error).toBeInstanceOf(RotationError)
    expect(error).toMatchObject({ name: 'InvalidEvent', code: 'InvalidEvent', retryable: false })
    return (error as RotationError).message
  }
  return 'nothing is wrong'
}

describe('the event', () => {
  it('is read as Secrets Manager sends it, and everything else in it is left alone', () => {
    expect(parseEvent({ ...valid, Extra: { any: 'thing' } })).toEqual({
      step: valid.Step,
      secretId: valid.SecretId,
      token: valid.ClientRequestToken,
      rotationToken: valid.RotationToken,
    })
  })

  it('needs no RotationToken, which older callers and emulators do not send', () => {
    const { RotationToken: _, ...rest } = valid
    expect(parseEvent(rest).rotationToken).toBeUndefined()
  })

  it('of events/ is one for each step, and valid', async () => {
    const folder = repositoryPath('events')
    const files = await readdir(folder)
    const texts = await Promise.all(files.map((file) => readFile(`${folder}/${file}`, 'utf8')))
    expect(texts.map((text) => parseEvent(JSON.parse(text)).step).toSorted()).toEqual([...steps].toSorted())
  })

  for (const field of ['Step', 'SecretId', 'ClientRequestToken'] as const) {
    it(`without ${field} is refused in the words of AWS`, () => {
      const sentence = `No value provided for "${field}".`
      const { [field]: _, ...without } = valid
      expect(whatParsingSays(without)).toContain(sentence)
      expect(whatParsingSays({ ...valid, [field]: '' })).toContain(sentence)
      expect(whatParsingSays({ ...valid, [field]: undefined })).toContain(sentence)
    })

    it(`with a ${field} of another type, with control characters or beyond ASCII is refused`, () => {
      for (const value of [7, null, {}, [], true]) {
        expect(whatParsingSays({ ...valid, [field]: value })).toContain(`"${field}" must be a string.`)
      }
      for (const mark of ['\n', '\0', '\u001b[31m', 'é', '\u2028', '\ud800']) {
        expect(whatParsingSays({ ...valid, [field]: `${valid[field]}${mark}` })).toContain(
          `"${field}" contains invalid`,
        )
      }
    })
  }

  it('with a token of a wrong length is refused', () => {
    const sentence = '"ClientRequestToken" must have 32 to 64 characters.'
    expect(whatParsingSays({ ...valid, ClientRequestToken: 'x'.repeat(31) })).toContain(sentence)
    expect(whatParsingSays({ ...valid, ClientRequestToken: 'x'.repeat(65) })).toContain(sentence)
    expect(whatParsingSays({ ...valid, ClientRequestToken: 'x'.repeat(64) })).toBe('nothing is wrong')
  })

  it('never shows the RotationToken, nor any other value, in its error', () => {
    for (const RotationToken of [
      'short-secret',
      `secret-${'x'.repeat(300)}`,
      'secret with spaces in it, and more of it',
      7,
    ]) {
      expect(whatParsingSays({ ...valid, RotationToken })).not.toContain('secret-')
    }
    for (const field of Object.keys(valid)) {
      expect(whatParsingSays({ ...valid, [field]: 'SECRET\u0007' })).not.toContain('SECRET\u0007')
    }
  })

  it('that is not an object is refused', () => {
    for (const event of [undefined, null, 'text', 7, []]) {
      expect(whatParsingSays(event)).toMatch(/The event is not a JSON object|No value provided/)
    }
  })

  it('is accepted or InvalidEvent, and never a crash, for any input', async () => {
    const field = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.constantFrom(...Object.values(valid)))
    const near = fc.record(
      { Step: field, SecretId: field, ClientRequestToken: field, RotationToken: field, __proto__: field },
      { requiredKeys: [] },
    )
    const property = fc.property(fc.oneof(fc.jsonValue(), near), (event) => {
      whatParsingSays(event)
    })
    await holds(property, 2_000)
  })
})
