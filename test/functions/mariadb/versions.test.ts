import { describe, expect, it } from 'vitest'
import { mariadbSession } from '../../../functions/mariadb/session.ts'
import { connect } from '../../../shared/mysql-family/connection.ts'
import { nativeHash } from '../../../shared/mysql-family/native-hash.ts'
import { mariadbServer } from '../../support/mysql.ts'
import { randomPassword } from '../../support/random.ts'
import { createAccount } from '../databases/mysql-accounts.ts'
import { cloneComingNext } from '../databases/target.ts'
import { contextFor, loginAt } from '../mysql/connection.ts'

const server = await mariadbServer('11.8')
const write = (password: string) => `'${nativeHash(password)}'`
const [next, current] = [randomPassword(), randomPassword()]

/** A session at the real server that is taken for one of another version. */
async function sessionOf(version: string) {
  const [login, context] = [await createAccount(server), contextFor()]
  const session = { ...(await connect(loginAt(server, login), context)), version }
  return { login, context, session, ...mariadbSession(session, write) }
}

describe('versions', { meta: { server: server.label } }, () => {
  for (const [strategy, change] of [
    ['single-user', ({ setPassword }) => setPassword(next)],
    ['dual-password', ({ addPassword, login }) => addPassword(login.username, { next, current })],
    [
      'alternating-users',
      ({ ensureClone, login: { username: base } }) => ensureClone(cloneComingNext(base, next, current)),
    ],
  ] as const satisfies [string, (made: Awaited<ReturnType<typeof sessionOf>>) => Promise<void>][]) {
    it(`10.4 is UnsupportedServer before anything is changed: ${strategy}`, async () => {
      const made = await sessionOf('10.4.34-MariaDB')
      await expect(change(made)).rejects.toMatchObject({ code: 'UnsupportedServer' })
      await made.session.close()
      expect(await server.login(made.login)).toBeDefined()
    })
  }

  it('a server newer than the tested ones is rotated, and the log says so', async () => {
    for (const [version, noted] of [
      ['12.3.2-MariaDB', true],
      ['11.8.99-MariaDB', false],
    ] as const) {
      const { login, context, session, setPassword } = await sessionOf(version)
      await setPassword(next)
      await session.close()
      const notes = context.done.filter((note) => note.includes('newer than what was tested (11.8)'))
      expect([version, notes.length > 0]).toEqual([version, noted])
      expect(await server.login({ ...login, password: next })).toBeDefined()
    }
  })
})
