import { describe, expect, it } from 'vitest'
import { settings } from '../../../functions/generated-value/settings.ts'
import { RotationError } from '../../../shared/rotation/errors.ts'
import { processRandom } from '../../support/random.ts'
import { fourSteps, secretsManagerFor } from '../../support/secrets-manager.ts'
import { generatedValue } from './secret-type.ts'

const about = generatedValue.function

/** Rotates a value under certain variables and gives what came of it, or the error. */
async function rotated(value: string, env: Record<string, string> = {}): Promise<string> {
  await using secrets = await secretsManagerFor({ ...about, env })
  const rotation = await secrets.begin(await secrets.store(value))
  for (const step of fourSteps) {
    const outcome = await rotation.attempt(step)
    if (!outcome.ok) return `${step}: ${outcome.error.errorMessage}`
  }
  return (await secrets.value(rotation.secretId, 'AWSCURRENT')) ?? ''
}

describe('generated-value', { meta: { server: generatedValue.server } }, () => {
  it('makes a new value for each field of VALUE_FIELDS, and leaves the others', async () => {
    const text = await rotated('{"note":"stays","key":"a","other":"b"}', { VALUE_FIELDS: 'key, other' })
    const { key, other, ...rest } = JSON.parse(text) as Record<string, string>
    expect(rest).toEqual({ note: 'stays' })
    expect([key, other]).toEqual([expect.stringMatching(/^.{32}$/), expect.stringMatching(/^.{32}$/)])
    expect(key).not.toBe(other)
  })

  it('replaces a value that is no JSON object as a whole', async () => {
    expect(await rotated('plain text')).toMatch(/^[a-zA-Z][a-zA-Z0-9\-_.~]{31}$/)
  })

  it('makes hex, base64, base64url and characters of an alphabet', async () => {
    expect(await rotated('x', { VALUE_FORMAT: 'hex', VALUE_BYTES: '16' })).toMatch(/^[0-9a-f]{32}$/)
    const made = (format: string) => settings({ VALUE_FORMAT: format, VALUE_BYTES: '33' }).generate(processRandom)
    expect(Buffer.from(made('base64'), 'base64')).toHaveLength(33)
    expect(made('base64url')).toMatch(/^[A-Za-z0-9_-]{44}$/)
    const alphabet = settings({ VALUE_FORMAT: 'alphabet', VALUE_ALPHABET: '0123456789', PASSWORD_LENGTH: '12' })
    expect(alphabet.generate(processRandom)).toMatch(/^[0-9]{12}$/)
  })

  it('refuses a database login, which it would change in the secret and not in the database', async () => {
    for (const more of ['"engine":"postgres"', '"masterarn":"arn"']) {
      expect(await rotated(`{"password":"x",${more}}`)).toMatch(
        /^createSecret: .*"engine" or "masterarn".*database login/,
      )
    }
  })

  it('refuses a secret without the field, and an empty pending value, by name', async () => {
    expect(await rotated('{"key":"x"}')).toContain('createSecret: "password" is not a text field of the secret.')
    expect(await rotated('{"password":7}')).toContain('createSecret: "password" is not a text field of the secret.')
    await using secrets = await secretsManagerFor(about)
    const rotation = await secrets.begin(await secrets.store('{"password":"x"}'))
    await secrets.storePending(rotation, '{"password":""}')
    await rotation.run('createSecret', 'setSecret')
    const outcome = await rotation.attempt('testSecret')
    expect(outcome.ok ? '' : outcome.error.errorMessage).toContain('The pending value is empty.')
  })

  it('names the variable that makes no sense', async () => {
    for (const [env, name] of [
      [{ VALUE_FORMAT: 'rot13' }, 'VALUE_FORMAT'],
      [{ VALUE_FORMAT: 'hex', VALUE_BYTES: '8' }, 'VALUE_BYTES'],
      [{ VALUE_FORMAT: 'alphabet', VALUE_ALPHABET: 'abc' }, 'VALUE_ALPHABET'],
      [{ VALUE_FORMAT: 'alphabet', VALUE_ALPHABET: 'aabcdefghijk' }, 'VALUE_ALPHABET'],
      [{ VALUE_FORMAT: 'alphabet', VALUE_ALPHABET: 'abcdefghijké' }, 'VALUE_ALPHABET'],
      [{ VALUE_FIELDS: 'a,,b' }, 'VALUE_FIELDS'],
      [{ VALUE_FIELDS: 'a,a' }, 'VALUE_FIELDS'],
    ] as const) {
      expect(() => settings(env)).toThrow(RotationError)
      expect(() => settings(env)).toThrow(`${name} must be`)
    }
  })

  it('reports a variable that makes no sense as every other failure: with its code, in the log and as a metric', async () => {
    await using secrets = await secretsManagerFor({ ...about, env: { VALUE_FORMAT: 'rot13' } })
    const rotation = await secrets.begin(await secrets.store('x'))
    const outcome = await rotation.attempt('createSecret')
    expect(outcome).toMatchObject({ ok: false, error: { errorType: 'InvalidConfiguration' } })
    expect(outcome.ok ? '' : outcome.error.errorMessage).toContain('VALUE_FORMAT must be')
    expect(outcome.logs).toMatch(/"message":"step failed".*"code":"InvalidConfiguration"/)
    expect(outcome.logs).toContain('"outcome":"InvalidConfiguration"')
  })
})
