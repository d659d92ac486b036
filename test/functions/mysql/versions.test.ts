import { describe, expect, it } from 'vitest'
import { mysqlSession } from '../../../functions/mysql/session.ts'
import { changeOwnPassword } from '../../../functions/mysql/set-password.ts'
import { say } from '../../../shared/errors/words.ts'
import { connect } from '../../../shared/mysql-family/connection.ts'
import { isAtLeast } from '../../../shared/mysql-family/server-checks.ts'
import { mysqlServer } from '../../support/mysql.ts'
import { randomPassword } from '../../support/random.ts'
import { createAccount } from '../databases/mysql-accounts.ts'
import { cloneComingNext } from '../databases/target.ts'
import { contextFor, loginAt } from './connection.ts'

type MysqlSession = ReturnType<typeof mysqlSession>

const server = await mysqlServer()

/** A session at the real server that is taken for an older one. */
async function sessionOf(version: string) {
  const context = contextFor()
  const { username, password } = await createAccount(server, { grants: ['APPLICATION_PASSWORD_ADMIN ON *.*'] })
  const session = { ...(await connect(loginAt(server, { username, password }), context)), version }
  return { context, session, username, password }
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

  const [next, current] = [randomPassword(), randomPassword()]
  for (const [version, change, remedy] of [
    ['8.0.13', ({ addPassword }, username) => addPassword(username, { next, current }), 'single-user'],
    ['5.6.51', ({ setPassword }) => setPassword(next), 'Upgrade the server'],
    ['8.0.13', ({ ensureClone }, base) => ensureClone(cloneComingNext(base, next, current)), 'single-user'],
  ] as const satisfies [string, (session: MysqlSession, username: string) => Promise<void>, string][]) {
    it(`${version} is UnsupportedServer before anything is changed: ${remedy}`, async () => {
      const { session, username, password } = await sessionOf(version)
      const start = (await server.log()).length
      await expect(change(mysqlSession(session, randomPassword), username)).rejects.toMatchObject({
        code: 'UnsupportedServer',
        message: expect.stringMatching(new RegExp(`is MySQL ${version}, .*${remedy}`)),
      })
      await session.close()
      expect(await server.log(start)).not.toContain('ALTER USER')
      expect(await server.login({ username, password })).toBeDefined()
    })
  }

  it('a server newer than the tested ones is rotated, and the log says so', async () => {
    for (const [version, noted] of [
      ['10.1.0', true],
      ['9.7.9', false],
    ] as const) {
      const { context, session, username } = await sessionOf(version)
      await mysqlSession(session, randomPassword).setPassword(next)
      await session.close()
      const note = `found MySQL ${version}, newer than what was tested (9.7)`
      expect(context.done.includes(note)).toBe(noted)
      expect(await server.login({ username, password: next })).toBeDefined()
    }
  })

  it('8.0.12 and older change their own password without saying the current one', async () => {
    const { session, username, password } = await sessionOf('8.0.12')
    const [next, start] = [randomPassword(), (await server.log()).length]
    for (let twice = 0; twice < 2; twice++) await changeOwnPassword(session, next, { retain: false })
    await session.close()
    expect(await server.log(start)).not.toMatch(new RegExp(`ALTER USER '${username}'.*REPLACE`))
    expect(await server.login({ username, password: next })).toBeDefined()
    expect(await server.login({ username, password })).toBeUndefined()
  })

  it('the server ends a session that ends without a goodbye, and releases its lock', async () => {
    const login = loginAt(server, await createAccount(server))
    const lost = await connect(login, contextFor(1_000))
    // Its socket is kept open: nobody tells the server.
    const [{ id } = { id: 0 }] = await lost.read<{ id: number }>(say`asking who we are`, 'SELECT CONNECTION_ID() AS id')
    const sessions = () => server.query('SELECT id FROM performance_schema.processlist WHERE id = ?', [id])
    expect(await sessions()).toHaveLength(1)
    await expect.poll(sessions, { timeout: 20_000, interval: 100 }).toHaveLength(0)
    await lost.close()
  })
})
