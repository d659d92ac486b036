import { describe, expect, it } from 'vitest'
import { type Suite, suiteFor } from '../../contract/suite.ts'
import { codeOf, saidBy } from '../../support/outcome.ts'
import { postgresServer, quoted } from '../../support/postgres.ts'
import { loginIn } from '../databases/secret-string.ts'
import { alternatingUsers, singleUser } from './secret-types.ts'

const timeoutMs = 5_000

/** A rotation before setSecret, and the role whose password that sets. */
async function begun({ secrets, ...suite }: Suite) {
  const target = await suite.stored()
  const rotation = await secrets.begin(target.secretId)
  await rotation.run('createSecret')
  return { target, rotation, role: loginIn(await target.stagedValue('AWSPENDING')).username }
}

for (const major of [18, 15] as const) {
  const server = await postgresServer(major)

  /** A session that holds the row of a role until its transaction ends. */
  async function holding(role: string) {
    const other = await server.admin()
    await other.query('BEGIN')
    await other.query(`ALTER ROLE ${quoted(role)} CONNECTION LIMIT 50`)
    return other
  }

  // Each case has roles of its own, and mostly waits.
  describe.concurrent(`a role that somebody else is changing, on ${server.label}`, {
    meta: { server: server.label },
  }, () => {
    for (const [name, type] of [
      ['single-user', singleUser(server)],
      ['alternating-users', alternatingUsers(server, 'existing')],
    ] as const) {
      it(`${name}: is waited for until the deadline, and no longer`, async () => {
        const suite = await suiteFor({ ...type, function: { ...type.function, timeoutMs } })
        const { secrets } = suite
        await using _ = secrets
        // The time of the start belongs to no step.
        await secrets.invoke({})
        const { target, rotation, role } = await begun(suite)
        await using other = await holding(role)

        const began = performance.now()
        const outcome = await rotation.attempt('setSecret')
        expect(performance.now() - began).toBeLessThan(timeoutMs)
        expect(codeOf(outcome)).toBe('TimedOut')
        expect(saidBy(outcome)).toContain('pg_blocking_pids() show it.')
        expect(await target.works(target.value)).toBe(true)

        await other.query('ROLLBACK')
        await rotation.run('createSecret', 'setSecret', 'testSecret', 'finishSecret')
        await target.expectPromoted(rotation, target.value)
        await suite.expectNoLeak(await server.log())
      })

      it(`${name}: a change that comes in between is no failure`, async () => {
        const suite = await suiteFor(type)
        const { secrets } = suite
        await using _ = secrets
        const { target, rotation, role } = await begun(suite)
        await using other = await holding(role)
        const setting = rotation.run('setSecret')
        // The function waits for the row; then the server answers "tuple concurrently updated".
        for (let waits = 0; waits === 0; ) {
          const rows = await server.query(
            "SELECT 1 FROM pg_stat_activity WHERE application_name = 'keyturn' AND wait_event_type = 'Lock' AND query LIKE $1",
            [`%${role}%`],
          )
          waits = rows.length
        }
        await other.query('COMMIT')
        await setting
        await rotation.run('setSecret', 'testSecret', 'finishSecret')
        await target.expectPromoted(rotation, target.value)
      })
    }
  })
}
