import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isRefusedPostgresLogin } from '../../../examples/application/postgres.ts'
import { suiteFor } from '../../contract/suite.ts'
import { codeOf } from '../../support/outcome.ts'
import { startPgbouncer } from '../../support/pgbouncer.ts'
import { connected, postgresServer } from '../../support/postgres.ts'
import { loginIn } from '../databases/secret-string.ts'
import { alternatingUsers, singleUser } from './secret-types.ts'

const server = await postgresServer(18)

for (const authType of ['scram-sha-256', 'md5'] as const) {
  describe(`PgBouncer with auth_type ${authType}`, { meta: { server: `PgBouncer before ${server.label}` } }, () => {
    let bouncer: Awaited<ReturnType<typeof startPgbouncer>>
    beforeAll(async () => {
      bouncer = await startPgbouncer(server, authType)
    }, 120_000)
    afterAll(() => bouncer[Symbol.asyncDispose]())

    for (const [name, typeAt] of [
      ['single-user', (port: number) => singleUser(server, { port, fields: { ssl: 'false' } })],
      ['alternating-users', (port: number) => alternatingUsers(server, 'missing', { port, fields: { ssl: 'false' } })],
    ] as const) {
      it(`${name} rotates through it, also when setSecret is repeated`, async () => {
        const suite = await suiteFor(typeAt(bouncer.port))
        await using _ = suite.secrets
        const target = await suite.stored()
        const rotation = await suite.secrets.begin(target.secretId)
        await rotation.run('createSecret', 'setSecret', 'setSecret', 'testSecret', 'finishSecret')
        await target.expectPromoted(rotation, target.value)
        await suite.expectNoLeak(await server.log())
      })
    }

    it('a wrong password is a refused login to the function and to the example application', async () => {
      const suite = await suiteFor(singleUser(server, { port: bouncer.port, fields: { ssl: 'false' } }))
      await using _ = suite.secrets
      const target = await suite.stored()
      const rotation = await suite.secrets.begin(target.secretId)
      await rotation.run('createSecret')
      await suite.type.changeByHand(target.value)
      const outcome = await rotation.attempt('setSecret')
      expect(codeOf(outcome)).toBe('LoginRefused')

      const { username: user, password } = loginIn(target.value)
      const login = { host: server.host, port: bouncer.port, user, password, database: 'postgres' }
      const error = await connected(login).catch((refusal: unknown) => refusal)
      expect(isRefusedPostgresLogin(error)).toBe(true)
    })
  })
}
