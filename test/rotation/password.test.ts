import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { generatePassword, passwordRules } from '../../shared/password.ts'
import { holds } from '../support/property.ts'
import { processRandom } from '../support/random.ts'

const make = (env: NodeJS.ProcessEnv = {}) => generatePassword(passwordRules(env), processRandom)
const many = (env: NodeJS.ProcessEnv = {}, count = 200) => Array.from({ length: count }, () => make(env))
const invalid = (env: NodeJS.ProcessEnv) => {
  try {
    passwordRules(env)
    return 'valid'
  } catch (error) {
    expect(error).toBeInstanceOf(RotationError)
    return (error as RotationError).code
  }
}

describe('a generated password', () => {
  it('has 32 characters of letters, digits and -_.~, of each class one, and begins with a letter', () => {
    for (const password of many()) {
      expect(password).toMatch(/^[a-zA-Z][a-zA-Z0-9\-_.~]{31}$/)
      for (const kind of [/[a-z]/, /[A-Z]/, /[0-9]/, /[-_.~]/]) expect(password).toMatch(kind)
    }
  })

  it('is never the same twice', () => {
    expect(new Set(many({}, 2_000)).size).toBe(2_000)
  })

  it('needs no escaping in a URL, a form, JSON or SQL', () => {
    for (const password of many()) {
      expect([encodeURIComponent(password), JSON.stringify(password)]).toEqual([password, `"${password}"`])
    }
  })

  it('draws every character equally often', () => {
    // Without the demand for each class, all positions but the first are drawn from 66 characters.
    const counts = new Map<string, number>()
    for (const password of many({ REQUIRE_EACH_INCLUDED_TYPE: 'false', PASSWORD_LENGTH: '1001' }, 100)) {
      for (const character of password.slice(1)) counts.set(character, (counts.get(character) ?? 0) + 1)
    }
    expect(counts.size).toBe(66)
    const expected = 100_000 / 66
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // 65 degrees of freedom: more than 130 happens once in 300,000 runs.
    expect(chiSquare).toBeLessThan(130)
  })

  it('heeds the seven variables of the functions of AWS', () => {
    for (const password of many({ PASSWORD_LENGTH: '8' })) expect(password).toHaveLength(8)
    for (const password of many({ EXCLUDE_NUMBERS: 'true' })) expect(password).not.toMatch(/[0-9]/)
    for (const password of many({ EXCLUDE_PUNCTUATION: 'Yes' })) expect(password).toMatch(/^[a-zA-Z0-9]+$/)
    for (const password of many({ EXCLUDE_UPPERCASE: '1' })) expect(password).not.toMatch(/[A-Z]/)
    for (const password of many({ EXCLUDE_LOWERCASE: 'y' })) expect(password).not.toMatch(/[a-z]/)
    for (const password of many({ EXCLUDE_CHARACTERS: 'abcXYZ012-.' })) expect(password).not.toMatch(/[abcXYZ012.-]/)
    const short = { PASSWORD_LENGTH: '8', REQUIRE_EACH_INCLUDED_TYPE: 'no' }
    expect(many(short, 500).some((password) => !/[-_.~]/.test(password))).toBe(true)
    expect(many({ PASSWORD_LENGTH: '8' }, 500).every((password) => /[-_.~]/.test(password))).toBe(true)
  })

  it('takes a variable that is not "true" in one of four spellings for false, as those functions do', () => {
    for (const EXCLUDE_NUMBERS of ['', 'false', '0', 'no', 'on', 'wahr']) {
      expect(many({ EXCLUDE_NUMBERS }, 60).some((password) => /[0-9]/.test(password))).toBe(true)
    }
  })

  it('is refused by name where a variable makes no sense', () => {
    for (const PASSWORD_LENGTH of ['7', '4097', '-1', '1e3', '32.0', 'x', ' 32']) {
      expect(() => passwordRules({ PASSWORD_LENGTH })).toThrow('PASSWORD_LENGTH must be a whole number from 8 to 4096')
    }
    expect(invalid({ EXCLUDE_LOWERCASE: 'true', EXCLUDE_UPPERCASE: 'true', EXCLUDE_NUMBERS: 'true' })).toBe(
      'InvalidConfiguration',
    )
    expect(invalid({ PASSWORD_LENGTH: '' })).toBe('valid')
  })

  it('keeps to the rules, whatever is excluded', async () => {
    const flag = fc.constantFrom('true', 'false')
    const env = fc.record({
      EXCLUDE_CHARACTERS: fc.string({ maxLength: 80 }),
      PASSWORD_LENGTH: fc.integer({ min: 8, max: 64 }).map(String),
      EXCLUDE_NUMBERS: flag,
      EXCLUDE_PUNCTUATION: flag,
      EXCLUDE_UPPERCASE: flag,
      EXCLUDE_LOWERCASE: flag,
    })
    const property = fc.property(env, (variables) => {
      if (invalid(variables) !== 'valid') return
      const { classes } = passwordRules(variables)
      const password = make(variables)
      expect(password).toHaveLength(Number(variables.PASSWORD_LENGTH))
      for (const character of variables.EXCLUDE_CHARACTERS) expect(password).not.toContain(character)
      for (const one of classes) expect([...one].some((character) => password.includes(character))).toBe(true)
      if (/[a-zA-Z]/.test(classes.join(''))) expect(password).toMatch(/^[a-zA-Z]/)
    })
    await holds(property, 500)
  })
})
