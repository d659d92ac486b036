import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isHashOf } from '../../../functions/mysql/password-hash.ts'
import { mysqlServer, type TestServer } from '../../support/mysql.ts'
import { type OwnServer, ownMysql } from '../../support/own-mysql.ts'
import { randomName, randomPassword } from '../../support/random.ts'

/** What the server keeps of a password. */
async function stored(server: TestServer, plugin: string, password: string): Promise<Buffer> {
  const username = randomName()
  await server.query(`CREATE USER ?@? IDENTIFIED WITH ${plugin} BY ?`, [username, '%', password])
  const query = 'SELECT HEX(authentication_string) AS hash FROM mysql.user WHERE user = ?'
  const [row] = await server.query<{ hash: string }>(query, [username])
  await server.query('DROP USER ?@?', [username, '%'])
  return Buffer.from(row?.hash ?? '', 'hex')
}

const passwords = [
  ...[1, 15, 16, 31, 32, 33, 63, 64, 65, 200, 256].map((length) => `Aa1-${'x'.repeat(256)}`.slice(0, length)),
  ...['é 名前 🗝', `'"\\ %s`, randomPassword()],
]

function cases(server: () => TestServer, plugins: readonly string[]) {
  for (const plugin of plugins) {
    it(`${plugin}: knows the hash of a password from that of another one, at all lengths and with all salts`, async () => {
      for (const password of passwords) {
        const hash = await stored(server(), plugin, password)
        expect([password, isHashOf(password, plugin, hash)]).toEqual([password, true])
        expect(isHashOf(`${password}x`, plugin, hash)).toBe(false)
        expect(isHashOf(password.slice(1) || 'y', plugin, hash)).toBe(false)
      }
    })
  }
}

const shared = await mysqlServer()

describe('password hashes', { meta: { server: shared.label } }, () => {
  cases(() => shared, ['caching_sha2_password', 'sha256_password'])

  it('mysql_native_password: knows the hash of a password', () => {
    // Of the manual's example for PASSWORD('password').
    const hash = Buffer.from('*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19')
    expect(isHashOf('password', 'mysql_native_password', hash)).toBe(true)
    expect(isHashOf('passwore', 'mysql_native_password', hash)).toBe(false)
  })

  it('an unknown plugin or form is neither a match nor a mismatch', () => {
    expect(isHashOf('x', 'caching_sha2_password', Buffer.alloc(0))).toBeUndefined()
    expect(isHashOf('x', 'auth_socket', Buffer.from('somebody'))).toBeUndefined()
    expect(isHashOf('x', 'caching_sha2_password', Buffer.from('$A$005$short'))).toBeUndefined()
    expect(isHashOf('x', 'sha256_password', Buffer.from('$5$short'))).toBeUndefined()
  })
})

describe('password hashes of a server with other rounds', { meta: { server: 'MySQL (of its own)' } }, () => {
  let server: OwnServer
  beforeAll(async () => {
    server = await ownMysql({ 'caching-sha2-password-digest-rounds': '5000' })
  })
  afterAll(() => server[Symbol.asyncDispose]())
  cases(() => server, ['caching_sha2_password'])
})
