import { afterAll, describe } from 'vitest'
import { furtherVersions } from '../functions/databases/versions.ts'
import { alternatingUsers } from '../functions/mariadb/secret-types.ts'
import { whyNoMaven } from '../support/maven.ts'
import { mariadbServer } from '../support/mysql.ts'
import { largeCatalogue } from './large-catalogue.ts'
import { contractsOn } from './mysql-contracts.ts'
import { olderMariadb } from './mysql-servers.ts'

for (const series of ['10.5', '10.11', '11.8'] as const) await contractsOn(await mariadbServer(series), series)

const why = await whyNoMaven()
if (why !== undefined) describe.skip(`NOT TESTED: ${why}`, () => undefined)
for (const version of why === undefined ? furtherVersions.mariadb : []) {
  const server = await olderMariadb(version)
  await contractsOn(server)
  largeCatalogue(server, alternatingUsers(server, 'missing'))
  afterAll(() => server[Symbol.asyncDispose]())
}
