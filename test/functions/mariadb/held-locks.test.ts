import { describe, type ExpectStatic, it } from 'vitest'
import { say } from '../../../shared/errors/words.ts'
import { connect } from '../../../shared/mysql-family/connection.ts'
import { nativeHash } from '../../../shared/mysql-family/native-hash.ts'
import { suiteFor } from '../../contract/suite.ts'
import { codeOf, saidBy } from '../../support/outcome.ts'
import { type OwnServer, ownMariadb } from '../../support/own-mysql.ts'
import { randomPassword } from '../../support/random.ts'
import { createAccount } from '../databases/mysql-accounts.ts'
import { loginIn } from '../databases/secret-string.ts'
import { contextFor, loginAt } from '../mysql/connection.ts'
import { alternatingUsers, dualPassword, singleUser } from './secret-types.ts'

/** Waits until no session waits for a lock any more. */
async function settled(server: OwnServer, expect: ExpectStatic): Promise<void> {
  const waiting = "SELECT id FROM information_schema.processlist WHERE state LIKE '%lock'"
  await expect.poll(() => server.query(waiting)).toHaveLength(0)
}

for (const series of ['10.5', '11.8'] as const) {
  // Each case has a server of its own, and mostly waits.
  describe.concurrent(`a held lock on MariaDB ${series}`, { meta: { server: `MariaDB ${series}` } }, () => {
    it("has the server end setSecret's statement in time, so that nothing is changed later", async ({ expect }) => {
      await using server = await ownMariadb(series)
      await using holder = await server.admin()
      for (const type of [
        singleUser(server),
        dualPassword(server, 'a superuser'),
        alternatingUsers(server, 'missing'),
      ]) {
        const suite = await suiteFor({ ...type, function: { ...type.function, timeoutMs: 4_000 } })
        await using _ = suite.secrets
        const target = await suite.stored()
        const rotation = await suite.secrets.begin(target.secretId)
        await rotation.run('createSecret')
        const before = await target.snapshot()
        // A lock of a table: waiting for others ends by lock_wait_timeout.
        await holder.query('LOCK TABLES mysql.global_priv READ')
        const outcome = await rotation.attempt('setSecret')
        const { AWSCURRENT = '', AWSPENDING = '' } = await target.staged()
        await holder.query('UNLOCK TABLES')
        expect(codeOf(outcome)).toBe('TimedOut')
        expect(saidBy(outcome)).toContain('(1969)')
        await settled(server, expect)
        expect(await target.snapshot()).toEqual(before)
        expect(await server.login(loginIn(AWSCURRENT))).toBeDefined()
        expect(await server.login(loginIn(AWSPENDING))).toBeUndefined()
        // And the next attempt goes on from there.
        await rotation.run('setSecret', 'testSecret', 'finishSecret')
        await rotation.end()
        expect(await server.login(loginIn(AWSPENDING))).toBeDefined()
      }
    })

    it('is waited for no longer than the function may run, also where the function was killed', async ({ expect }) => {
      await using server = await ownMariadb(series)
      const account = await createAccount(server)
      const lost = await connect(loginAt(server, account), contextFor(3_000))
      await using holder = await server.admin()
      await holder.query('LOCK TABLES mysql.global_priv READ')
      const waiting = lost
        .attempt(say`changing`, `SET PASSWORD = '${nativeHash(randomPassword())}'`, [])
        .catch(() => undefined)
      const waits = async () => {
        const rows = await server.query(
          "SELECT id FROM information_schema.processlist WHERE state LIKE '%lock' AND user = ?",
          [account.username],
        )
        return rows.length > 0
      }
      await expect.poll(waits).toBe(true)
      await lost.close()
      expect(await waits(), 'the server does not see that nobody is there').toBe(true)
      await waiting
      expect(await waits()).toBe(false)
      await holder.query('UNLOCK TABLES')
      await settled(server, expect)
      expect(await server.login(account)).toBeDefined()
    })

    it('is waited for less long by a late statement', async ({ expect }) => {
      await using server = await ownMariadb(series)
      const account = await createAccount(server)
      const context = contextFor(4_000)
      const connection = await connect(loginAt(server, account), context)
      await using holder = await server.admin()
      await holder.query('LOCK TABLES mysql.global_priv READ')
      await expect.poll(() => context.remainingMs(), { timeout: 4_000 }).toBeLessThan(1_500)
      const late = connection.attempt(say`changing`, `SET PASSWORD = '${nativeHash(randomPassword())}'`, [1969])
      expect(await late.catch((error: unknown) => error)).toBe(1969)
      expect(context.remainingMs()).toBeGreaterThan(0)
      await connection.close()
    })
  })
}
