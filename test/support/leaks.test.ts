import { describe, expect, it } from 'vitest'
import { findLeak } from './leaks.ts'

const password = `Pw-1234'"\\ é%&=+/`

/** The search must find secret values, or every other suite's search proves nothing. */
describe('the search for leaks', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  for (const [form, text] of Object.entries({
    'as it is': `x${password}x`,
    'percent-encoded': `https://u:${encodeURIComponent(password)}@h`,
    'percent-encoded in lower case': encodeURIComponent(password).toLowerCase().replace('pw', 'Pw'),
    'form-encoded': new URLSearchParams({ password }).toString(),
    JSON: JSON.stringify({ password }),
    'JSON in JSON': JSON.stringify(JSON.stringify({ password })),
    SQL: `PASSWORD '${password.replaceAll("'", "''")}'`,
    'SQL with backslashes': `PASSWORD E'${password.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`,
    'hex, after an odd number of digits': `a${Buffer.from(password).toString('hex')}`,
    base64: base64(password),
    'base64 of a user and it': `Basic ${base64(`user:${password}`)}`,
    'base64 one byte on': base64(`x${password}yz`),
    'base64 two bytes on': base64(`xy${password}z`),
    base64url: Buffer.from(`x${password}`).toString('base64url'),
  })) {
    it(`finds a password written as ${form}`, () => {
      expect(findLeak(`before ${text} after`, ['something else', password])).toBeDefined()
    })
  }

  it('finds nothing where there is nothing', () => {
    expect(findLeak(`before ${password.slice(1)} after`, [password, ''])).toBeUndefined()
  })
})
