import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { updatedUrls } from '../../../shared/database/connection-urls.ts'
import { suiteFor } from '../../contract/suite.ts'
import { mariadbServer, mysqlServer } from '../../support/mysql.ts'
import { postgresServer } from '../../support/postgres.ts'
import { holds } from '../../support/property.ts'
import * as mariadb from '../mariadb/secret-types.ts'
import * as mysql from '../mysql/secret-types.ts'
import * as postgres from '../postgres/secret-types.ts'
import { withEnv } from './tls-cases.ts'

const [onMysql, onMariadb, onPostgres] = await Promise.all([mysqlServer(), mariadbServer('11.8'), postgresServer(18)])
const types = [
  { type: mysql.singleUser(onMysql), server: onMysql },
  { type: mysql.dualPassword(onMysql, 'a superuser'), server: onMysql },
  { type: mysql.alternatingUsers(onMysql, 'missing'), server: onMysql },
  { type: mariadb.singleUser(onMariadb), server: onMariadb },
  { type: mariadb.dualPassword(onMariadb, 'a superuser'), server: onMariadb },
  { type: mariadb.alternatingUsers(onMariadb, 'missing'), server: onMariadb },
  { type: postgres.singleUser(onPostgres), server: onPostgres },
  { type: postgres.alternatingUsers(onPostgres, 'missing'), server: onPostgres },
]

type Secret = Record<string, string> & { readonly username: string; readonly password: string }

/** The places where people keep the login once more. */
const urlsOf = ({ username, password }: Secret, other = 'somebody') => ({
  url: `scheme://${encodeURIComponent(username)}:${encodeURIComponent(password)}@db.internal:1/app?x=${'%2F'}#y`,
  jdbc: `jdbc:scheme://db.internal/app?user=${encodeURIComponent(username)}&ssl=true&password=${encodeURIComponent(password)}`,
  dsn: `host=db.internal password=${password}`,
  foreign: `scheme://${other}:${password}@db.internal/app`,
  unrelated: `scheme://${encodeURIComponent(username)}:another@db.internal/app`,
})

describe.each(types)('$type.title: a secret with connection URLs', { meta: { server: 'all three' } }, async (about) => {
  const { type, server } = about
  const suite = await suiteFor(type)
  afterAll(() => suite.secrets[Symbol.asyncDispose]())

  it('has the new login in them after each rotation, and the log names the stale ones', async () => {
    const target = await suite.stored()
    const first: Secret = JSON.parse(target.value)
    const SecretString = JSON.stringify({ ...first, ...urlsOf(first) })
    await suite.secrets.client.send(new PutSecretValueCommand({ SecretId: target.secretId, SecretString }))
    for (let round = 0, before = first; round < 2; round++) {
      await suite.secrets.rotate(target.secretId)
      const now: Secret = JSON.parse(await target.stagedValue('AWSCURRENT'))
      const { url, jdbc } = urlsOf(now)
      const { dsn, foreign, unrelated } = urlsOf(first)
      expect(now).toMatchObject({ url, jdbc, dsn, foreign, unrelated })
      const { username, password } = new URL(String(now.url))
      expect(await server.login({ username: decodeURIComponent(username), password })).toBeDefined()
      expect(now.password).not.toBe(before.password)
      before = now
    }
    const output = suite.secrets.output()
    expect(output).toContain('put the new login into \\"url\\", \\"jdbc\\"')
    expect(output).toContain('left the password before in \\"dsn\\", \\"foreign\\"')
    await suite.expectNoLeak(output)
  })
})

describe('UPDATE_URLS=false', { meta: { server: onPostgres.label } }, async () => {
  const suite = await suiteFor(
    withEnv(postgres.singleUser(onPostgres), { DATABASE_CA_BUNDLE: String(onPostgres.ca), UPDATE_URLS: 'false' }),
  )
  afterAll(() => suite.secrets[Symbol.asyncDispose]())

  it('leaves URLs as they are, and names them', async () => {
    const target = await suite.stored()
    const first: Secret = JSON.parse(target.value)
    const SecretString = JSON.stringify({ ...first, ...urlsOf(first) })
    await suite.secrets.client.send(new PutSecretValueCommand({ SecretId: target.secretId, SecretString }))
    await suite.secrets.rotate(target.secretId)
    expect(JSON.parse(await target.stagedValue('AWSCURRENT'))).toMatchObject(urlsOf(first))
    expect(suite.secrets.output()).toContain(
      'left the password before in \\"url\\", \\"jdbc\\", \\"dsn\\", \\"foreign\\"',
    )
  })
})

describe('updatedUrls', () => {
  const text = fc.string({ minLength: 8, maxLength: 20, unit: fc.constantFrom(...'aZ9@:/?#&;%= "é$') })
  const host = { host: 'db.internal' }

  it('puts any login into any URL that holds the one before, encoded or not, and keeps the rest', async () => {
    const encoded = fc.constantFrom(encodeURIComponent, (each: string) => each)
    await holds(
      fc.property(text, text, text, encoded, (password, nextPassword, nextUser, encode) => {
        const url = `postgres://app:${encode(password)}@h:5432/d?a=@b`
        const next = { username: nextUser, password: nextPassword }
        const { fields, stale } = updatedUrls({ ...host, username: 'app', password, url }, next, true)
        const [user, secret] = [encodeURIComponent(nextUser), encodeURIComponent(nextPassword)]
        expect(fields).toEqual({ url: `postgres://${user}:${secret}@h:5432/d?a=@b` })
        expect(stale).toEqual([])
      }),
      200,
    )
  })

  it.each([
    ['another user', 'postgres://other:Password-1@h/d'],
    ['another password', 'postgres://app:Password-2@h/d'],
    ['no password', 'postgres://app@h/d'],
    ['no scheme', 'app:Password-1@h/d'],
  ])('leaves a URL with %s alone', (_, url) => {
    const secret = { ...host, username: 'app', password: 'Password-1', url }
    expect(updatedUrls(secret, { username: 'app', password: 'next' }, true).fields).toEqual({})
  })

  it('updates both forms in one URL, and names what is left of the password in it', () => {
    const login = { ...host, username: 'app', password: 'Password-1' }
    const next = { username: 'app', password: 'next' }
    const jdbc = 'jdbc:postgresql://app:Password-1@h/d?user=app&password=Password-1'
    const multi = 'postgres://app:Password-1@h1,app:Password-1@h2/d'
    expect(updatedUrls({ ...login, jdbc, multi }, next, true)).toEqual({
      fields: {
        jdbc: 'jdbc:postgresql://app:next@h/d?user=app&password=next',
        multi: 'postgres://app:next@h1,app:Password-1@h2/d',
      },
      stale: ['multi'],
    })
  })

  it('leaves URLs alone where the login cannot be percent-encoded', () => {
    const secret = { ...host, username: 'app', password: 'Password-\ud800', url: 'postgres://app:x@h/d' }
    expect(updatedUrls(secret, { username: 'a\ud800', password: 'n' }, true)).toEqual({ fields: {}, stale: [] })
  })

  it('names stale URLs at any depth', () => {
    const nested = { replicas: [{ url: 'x' }, { url: 'postgres://app:Password-1@h/d' }] }
    const secret = { ...host, username: 'app', password: 'Password-1', nested, number: 1 }
    expect(updatedUrls(secret, { username: 'app', password: 'n' }, true).stale).toEqual(['nested.replicas[1].url'])
  })
})
