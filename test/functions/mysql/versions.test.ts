import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { changeOwnPassword } from '../../../functions/mysql/own-password.ts'
import { addPassword } from '../../../functions/mysql/second-password.ts'
import { ensureTwin } from '../../../functions/mysql/twin.ts'
import { connect, type ServerConnection } from '../../../shared/mysql-protocol/connection.ts'
import { isAtLeast } from '../../../shared/mysql-protocol/server-version.ts'
import { mysqlServer } from '../../support/mysql.ts'
import { randomPassword } from '../../support/random.ts'
import { createAccount } from '../databases/mysql-accounts.ts'
import { contextFor, loginAt } from './connection.ts'

const server = await mysqlServer()

/** A session at the real server that is taken for an older one. */
async function sessionOf(version: string): Promise<{ session: ServerConnection; username: string; password: string }> {
  const { username, password } = await createAccount(server, { grants: ['APPLICATION_PASSWORD_ADMIN ON *.*'] })
  const session = await connect(loginAt(server, { username, password }), contextFor())
  return { session: { ...session, version }, username, password }
}

describe('versions', { meta: { server: server.label } }, () => {
  it.each([
    ['8.0.14', true],
    ['8.0.13', false],
    ['8.0.36-28', true],
    ['8.4.0', true],
    ['9.7.4-2', true],
    ['5.7.44-log', false],
    ['8.0.mysql_aurora.3.08.0', true],
    ['5.7.mysql_aurora.2.11.2', false],
    ['10.0.0', true],
    ['10.11.18-MariaDB-log', true],
    ['5.5.5-10.11.18-MariaDB', true],
    ['5.5.5-7.1.0-MariaDB', false],
  ])('%s keeps two passwords: %s', (version, expected) => {
    expect(isAtLeast({ version }, [8, 0, 14])).toBe(expected)
  })

  for (const version of ['5.7.44', '8.0.13']) {
    it(`${version} is UnsupportedServer for dual-password, which names the other strategies, before anything is changed`, async () => {
      const { session, username, password } = await sessionOf(version)
      const adding = addPassword(session, username, { next: randomPassword(), current: password }, contextFor())
      await expect(adding).rejects.toMatchObject({
        code: 'UnsupportedServer',
        message: expect.stringMatching(new RegExp(`${version}.*alternating-users.*single-user`)),
      })
      await session.close()
      expect(await server.login({ username, password })).toBeDefined()
    })
  }

  it('5.7.44 is UnsupportedServer for alternating-users, which names single-user', async () => {
    const { session, username } = await sessionOf('5.7.44')
    const passwords = { password: randomPassword(), current: randomPassword(), newPassword: randomPassword }
    const next = { username: `${username}_clone`, ...passwords }
    const making = ensureTwin(
      session,
      { base: username, twin: next.username },
      next,
      async () => undefined,
      contextFor(),
    )
    await expect(making).rejects.toMatchObject({
      code: 'UnsupportedServer',
      message: expect.stringContaining('single-user'),
    })
    await session.close()
  })

  it('8.0.12 and older change their own password without saying the current one', async () => {
    const { session, username, password } = await sessionOf('8.0.12')
    const [next, start] = [randomPassword(), (await server.log()).length]
    for (let twice = 0; twice < 2; twice++) await changeOwnPassword(session, next, { retain: false }, contextFor())
    await session.close()
    expect(await server.log(start)).not.toMatch(new RegExp(`ALTER USER '${username}'.*REPLACE`))
    expect(await server.login({ username, password: next })).toBeDefined()
    expect(await server.login({ username, password })).toBeUndefined()
  })

  it('a session that ends without a goodbye is ended by the server, and with it the lock that it has held', async () => {
    const login = loginAt(server, await createAccount(server))
    const lost = await connect(login, contextFor(1_000))
    // Its socket is kept open: nobody tells the server.
    const [{ id } = { id: 0 }] = await lost.run<{ id: number }>('asking who we are', 'SELECT CONNECTION_ID() AS id')
    const sessions = () => server.query('SELECT id FROM performance_schema.processlist WHERE id = ?', [id])
    expect(await sessions()).toHaveLength(1)
    await sleep(4_500)
    expect(await sessions()).toHaveLength(0)
    await lost.close()
  })
})
