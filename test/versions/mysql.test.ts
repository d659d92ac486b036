import { afterAll, describe } from 'vitest'
import { furtherServers } from '../functions/databases/versions.ts'
import { fromAwsCases } from '../functions/mysql/from-aws.ts'
import { passwordRules } from '../functions/mysql/password-rules.ts'
import { alternatingUsers } from '../functions/mysql/secret-types.ts'
import { whyNoMaven } from '../support/maven.ts'
import { largeCatalogue } from './large-catalogue.ts'
import { contractsOn } from './mysql-contracts.ts'
import { olderMysql } from './mysql-servers.ts'

const why = await whyNoMaven()
if (why !== undefined) describe.skip(`NOT TESTED: ${why}`, () => undefined)
for (const version of why === undefined ? furtherServers.mysql : []) {
  const server = await olderMysql(version)
  await contractsOn(server, version)
  largeCatalogue(server, alternatingUsers(server, 'missing'))
  await fromAwsCases(server)
  afterAll(() => server[Symbol.asyncDispose]())
}
// The one of them that brings the component.
if (why === undefined) passwordRules('MySQL 8.0.33', () => olderMysql('8.0.33'))
