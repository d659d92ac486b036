import { afterAll, describe, expect, it } from 'vitest'
import { settings } from '../../../functions/generated-value/settings.ts'
import { RotationError } from '../../../shared/errors/rotation-error.ts'
import { saidBy } from '../../support/outcome.ts'
import { processRandom } from '../../support/random.ts'
import { fourSteps, secretsManagerFor } from '../../support/secrets-manager.ts'
import { generatedValue } from './secret-type.ts'

const about = generatedValue.function

/** One for all rotations under the same variables. */
const managers = new Map<string, ReturnType<typeof secretsManagerFor>>()
afterAll(async () => {
  for (const secrets of managers.values()) await (await secrets)[Symbol.asyncDispose]()
})

/** Rotates a value under certain variables and gives what came of it, or the error. */
async function rotated(value: string, env: Record<string, string> = {}): Promise<string> {
  const key = JSON.stringify(env)
  const manager = managers.get(key) ?? secretsManagerFor({ ...about, env })
  managers.set(key, manager)
  const secrets = await manager
  const rotation = await secrets.begin(await secrets.store(value))
  for (const step of fourSteps) {
    const outcome = await rotation.attempt(step)
    if (!outcome.ok) return `${step}: ${outcome.error.errorMessage}`
  }
  return await secrets.storedValue(rotation.secretId, 'AWSCURRENT')
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
    expect(await rotated('plain-text')).toMatch(/^[a-zA-Z][a-zA-Z0-9\-_.~]{31}$/)
  })

  it('makes hex, base64, base64url and characters of an alphabet', async () => {
    expect(await rotated('x', { VALUE_FORMAT: 'hex', VALUE_BYTES: '16' })).toMatch(/^[0-9a-f]{32}$/)
    const made = (format: string) => settings({ VALUE_FORMAT: format, VALUE_BYTES: '33' }).generate(processRandom)
    expect(Buffer.from(made('base64'), 'base64')).toHaveLength(33)
    expect(made('base64url')).toMatch(/^[A-Za-z0-9_-]{44}$/)
    const alphabet = settings({ VALUE_FORMAT: 'alphabet', VALUE_ALPHABET: '0123456789', PASSWORD_LENGTH: '12' })
    expect(alphabet.generate(processRandom)).toMatch(/^[0-9]{12}$/)
  })

  const host = '"username":"u","password":"p-1234567","host":"db.internal"'
  const key = '-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\n'
  it.each([
    ['a database login', '{"password":"x","engine":"postgres"}', 'a login at a server'],
    ['a login with a superuser', '{"password":"x","masterarn":"arn"}', 'a login at a server'],
    ['a login without engine', `{${host},"port":5432,"dbname":"app"}`, 'PostgresSingleUser, MysqlSingleUser'],
    ['a connection URL', 'postgres://u:p@db.internal/app', 'a login at a server'],
    ['a connection URL in quotes', '"jdbc:mysql://db.internal/app?user=u&password=p"', 'a login at a server'],
    ['a connection URL in the field', '{"password":"postgres://u:p@db.internal/app"}', 'a login at a server'],
    ['a login beside the password', '{"password":"x","url":"postgres://u:p@db.internal/app"}', 'a login at a server'],
    ['a login in parameters', '{"password":"x","jdbcUrl":"jdbc:mysql://d/a?user=u&password=p"}', 'a login at a server'],
    ['a host of another spelling', '{"password":"x","Host-Name":"d"}', 'a login at a server'],
    ['a host further down', '{"password":"x","db":{"host":"d"}}', 'a login at a server'],
    ['a port alone', '{"password":"x","port":5432}', 'a login at a server'],
    ['a connection string', 'Server=d;Uid=u;Pwd=p', 'a login at a server'],
    ['a connection string of Oracle', 'app/pw@db:1521/ORCL', 'a login at a server'],
    ['a connection string of libpq', 'host=d password=p', 'a login at a server'],
    ['a key in base64', Buffer.from(key).toString('base64'), 'PEM'],
    ['a token of GitHub', 'ghp_0123456789abcdefghij', 'a provider'],
    ['a token of GitLab in the field', '{"password":"glpat-0123456789abcdefghij"}', 'a provider'],
    ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', 'a provider'],
    ['a client', '{"password":"x","client_id":"y","client_secret":"z"}', 'a provider'],
    ['a line of dotenv', 'DB_PASSWORD=x', 'neither a JSON object nor a single word'],
    ['a key', key, 'PEM'],
    ['a key in the field', JSON.stringify({ password: key }), 'PEM'],
    ['an SSH key', JSON.stringify({ password: 'x', private_key: key }), 'PEM'],
    ['an OAuth grant', '{"password":"x","refresh_token":"y"}', 'a provider'],
    ['an access key', '{"password":"x","AccessKeyId":"y","SecretAccessKey":"z"}', 'a provider'],
    ['a list', '["a","b"]', 'neither a JSON object nor a single word'],
    ['a JSON text', '"abc"', 'neither a JSON object nor a single word'],
    ['dotenv', 'A=1\nB=2', 'neither a JSON object nor a single word'],
    ['YAML', 'user: a\npassword: b', 'neither a JSON object nor a single word'],
    ['a text', 'correct horse battery staple', 'neither a JSON object nor a single word'],
  ])('refuses %s, and names the kind', async (_, value, says) => {
    for (const env of [{}, { VALUE_FIELDS: 'password' }] as const) {
      const outcome = await rotated(value, env)
      expect(outcome).toMatch(/^createSecret: The secret is /)
      expect(outcome).toContain(says)
    }
  })

  it('takes any such value where VALUE_CHECK is off', async () => {
    const made = await rotated(`{${host}}`, { VALUE_CHECK: 'off' })
    expect(JSON.parse(made)).toMatchObject({
      username: 'u',
      host: 'db.internal',
      password: expect.stringMatching(/^.{32}$/),
    })
    expect(await rotated('A=1\nB=2', { VALUE_CHECK: 'off' })).toMatch(/^.{32}$/)
  })

  it('names a byte order mark before the JSON', async () => {
    expect(await rotated('\ufeff{"password":"x"}')).toContain('byte order mark (U+FEFF)')
  })

  it('refuses a secret without the field, and an empty pending value, by name', async () => {
    expect(await rotated('{"key":"x"}')).toContain('createSecret: "password" is not a text field of the secret.')
    expect(await rotated('{"password":7}')).toContain('createSecret: "password" is not a text field of the secret.')
    await using secrets = await secretsManagerFor(about)
    const rotation = await secrets.begin(await secrets.store('{"password":"x"}'))
    await secrets.storePending(rotation, '{"password":""}')
    await rotation.run('createSecret', 'setSecret')
    const outcome = await rotation.attempt('testSecret')
    expect(saidBy(outcome)).toContain('The pending value is empty.')
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

  it('reports a variable that makes no sense with its code, in the log and as a metric', async () => {
    await using secrets = await secretsManagerFor({ ...about, env: { VALUE_FORMAT: 'rot13' } })
    const rotation = await secrets.begin(await secrets.store('x'))
    const outcome = await rotation.attempt('createSecret')
    expect(outcome).toMatchObject({ ok: false, error: { errorType: 'InvalidConfiguration' } })
    expect(saidBy(outcome)).toContain('VALUE_FORMAT must be')
    expect(outcome.logs).toMatch(/"message":"step failed".*"code":"InvalidConfiguration"/)
    expect(outcome.logs).toContain('"outcome":"InvalidConfiguration"')
  })
})
