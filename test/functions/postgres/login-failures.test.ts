import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FunctionError } from '../../../local/secrets-manager/functions/invocation.ts'
import type { ErrorCode } from '../../../shared/errors/catalogue.ts'
import type { Step } from '../../../shared/rotation/event.ts'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { connected, postgresServer, quoted } from '../../support/postgres.ts'
import { randomName } from '../../support/random.ts'
import { startStandby } from '../../support/standby.ts'
import { loginIn } from '../databases/secret-string.ts'
import { alternatingUsers, type PostgresType, singleUser } from './secret-types.ts'

for (const major of [18, 15] as const) {
  const server = await postgresServer(major)
  for (const type of [singleUser(server), alternatingUsers(server, 'missing')]) await loginFailures(type)

  async function loginFailures(type: PostgresType) {
    const suite = await suiteFor(type)
    const { secrets, stored } = suite

    /** Does something to the role, then expects a step to fail, and undoes it. */
    async function expectAfter(
      change: (role: string) => string,
      undo: (role: string) => string,
      code: ErrorCode,
      step: Step = 'setSecret',
    ): Promise<FunctionError> {
      const target = await stored()
      const role = quoted(loginIn(target.value).username)
      await server.query(change(role))
      const error = await expectFailure(suite, target, { code, step, stillWorks: false })
      await server.query(undo(role))
      expect(await target.works(target.value)).toBe(true)
      return error
    }

    describe(`${type.title}, when the login fails`, { meta: { server: server.label } }, () => {
      afterAll(() => secrets[Symbol.asyncDispose]())

      it('NOLOGIN is LoginLocked, and the error says how to unlock it', async () => {
        const error = await expectAfter(
          (role) => `ALTER ROLE ${role} NOLOGIN`,
          (role) => `ALTER ROLE ${role} LOGIN`,
          'LoginLocked',
        )
        expect(error.errorMessage).toContain('ALTER ROLE ... LOGIN')
      })

      it('an expired login is LoginRefused, and the error names VALID UNTIL', async () => {
        const error = await expectAfter(
          (role) => `ALTER ROLE ${role} VALID UNTIL '2001-01-01'`,
          (role) => `ALTER ROLE ${role} VALID UNTIL 'infinity'`,
          'LoginRefused',
        )
        expect(error.errorMessage).toContain('VALID UNTIL')
      })

      it('a database that is not there is DatabaseMissing, not a wrong password', async () => {
        const dbname = JSON.stringify(randomName('gone'))
        const target = await stored((store) => type.withFields(store, { dbname }))
        await expectFailure(suite, target, { code: 'DatabaseMissing', step: 'setSecret', stillWorks: false })
      })

      it('a login whose connections are all in use is ConnectionLimit', async () => {
        const target = await stored()
        const { username: user, password } = loginIn(target.value)
        await server.query(`ALTER ROLE ${quoted(user)} CONNECTION LIMIT 1`)
        const { host, port } = server
        await using held = await connected({ host, port, user, password, database: 'postgres' })
        const error = await expectFailure(suite, target, {
          code: 'ConnectionLimit',
          step: 'setSecret',
          stillWorks: false,
        })
        expect(error.errorMessage).toContain('Trying again can help.')
        await held.query('SELECT 1')
      })

      it('leaves no secret value in any output', async () => {
        await suite.expectNoLeak(await server.log())
      })
    })
  }
}

const primary = await postgresServer(18)

describe('a standby', { meta: { server: `${primary.label} (standby)` } }, () => {
  let standby: Awaited<ReturnType<typeof startStandby>>
  beforeAll(async () => {
    standby = await startStandby(primary)
  })
  afterAll(() => standby[Symbol.asyncDispose]())

  for (const [name, make] of [
    ['single-user', (port: number) => singleUser(primary, { port })],
    ['alternating-users', (port: number) => alternatingUsers(primary, 'missing', { port })],
  ] as const) {
    it(`is ReadOnlyServer for ${name}, and nothing is changed on the primary`, async () => {
      const suite = await suiteFor(make(standby.port))
      await using _ = suite.secrets
      const target = await suite.stored()
      await standby.caughtUp()
      const error = await expectFailure(suite, target, { code: 'ReadOnlyServer', step: 'setSecret' })
      expect(error.errorMessage).toContain("Use the primary's (writer's) host name")
      await suite.expectNoLeak(await standby.log())
    })
  }
})
