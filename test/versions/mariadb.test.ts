import { afterAll, describe } from 'vitest'
import { furtherServers, servers } from '../functions/databases/versions.ts'
import { alternatingUsers } from '../functions/mariadb/secret-types.ts'
import { whyNoMaven } from '../support/maven.ts'
import { mariadbServer } from '../support/mysql.ts'
import { certificateNames } from './certificate-names.ts'
import { largeCatalogue } from './large-catalogue.ts'
import { contractsOn } from './mysql-contracts.ts'
import { olderMariadb } from './mysql-servers.ts'

for (const series of servers.mariadb) await contractsOn(await mariadbServer(series), series)
await certificateNames(await mariadbServer('11.8'), 'doubled')

const why = await whyNoMaven()
if (why !== undefined) describe.skip(`NOT TESTED: ${why}`, () => undefined)
for (const version of why === undefined ? furtherServers.mariadb : []) {
  const server = await olderMariadb(version)
  await contractsOn(server, version)
  await certificateNames(server, 'as they are')
  largeCatalogue(server, alternatingUsers(server, 'missing'))
  afterAll(() => server[Symbol.asyncDispose]())
}
