import { afterAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../contract/failure.ts'
import { suiteFor } from '../contract/suite.ts'
import { alternatingUsers, singleUser } from '../functions/postgres/secret-types.ts'
import { whyNoMaven } from '../support/maven.ts'
import { renamedServer } from '../support/renamed-server.ts'
import { olderPostgres } from './postgres-servers.ts'

const why = await whyNoMaven()
if (why !== undefined) describe.skip(`NOT TESTED: ${why}`, () => undefined)
else {
  const server = await olderPostgres('9.6.24')

  describe(`a server that is too old: ${server.label}`, { meta: { server: server.label } }, () => {
    afterAll(() => server[Symbol.asyncDispose]())

    for (const [name, typeAt] of [
      ['single-user', (port: number) => singleUser(server, { port, fields: { ssl: 'false' } })],
      ['alternating-users', (port: number) => alternatingUsers(server, 'missing', { port, fields: { ssl: 'false' } })],
    ] as const) {
      it(`${name} refuses it before anything is changed`, async () => {
        const suite = await suiteFor(typeAt(server.port))
        await using _ = suite.secrets
        const error = await expectFailure(suite, await suite.stored(), { code: 'UnsupportedServer', step: 'setSecret' })
        expect(error.errorMessage).toContain('9.6.24')
      })

      it(`${name} refuses it also where a pooler says that it is newer`, async () => {
        await using pooler = await renamedServer(server, { version: '9.6.24', as: '18.624' })
        const suite = await suiteFor(typeAt(pooler.port))
        await using _ = suite.secrets
        await expectFailure(suite, await suite.stored(), { code: 'UnsupportedServer', step: 'setSecret' })
      })
    }
  })
}
