import { describe, expect, it } from 'vitest'
import { suiteFor } from '../../contract/suite.ts'
import { postgresServer } from '../../support/postgres.ts'
import { renamedServer } from '../../support/renamed-server.ts'
import { alternatingUsers, singleUser } from './secret-types.ts'

const server = await postgresServer(18)

describe('a server that is newer than what was tested', { meta: { server: `${server.label} by another name` } }, () => {
  for (const [name, typeAt] of [
    ['single-user', (port: number) => singleUser(server, { port, fields: { ssl: 'false' } })],
    ['alternating-users', (port: number) => alternatingUsers(server, 'missing', { port, fields: { ssl: 'false' } })],
  ] as const) {
    it(`${name} rotates on it, and says so in the log`, async () => {
      const as = server.version.replace('18', '19')
      await using newer = await renamedServer(server, { version: server.version, as })
      const suite = await suiteFor(typeAt(newer.port))
      await using _ = suite.secrets
      const target = await suite.stored()
      await suite.secrets.rotate(target.secretId)
      expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
      expect(suite.secrets.output()).toContain(`found PostgreSQL ${as}, newer than what was tested (18)`)
    })
  }
})
