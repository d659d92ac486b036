import { afterAll, describe, it } from 'vitest'
import { mariadbServer } from '../support/mysql.ts'
import { postgresServer } from '../support/postgres.ts'
import { olderMysql } from '../versions/mysql-servers.ts'
import { mysqlShop } from './mysql-application.ts'
import { interopPlace } from './place.ts'
import { postgresShop } from './postgres-application.ts'
import { usedSecret } from './secret.ts'

// AWS's functions know no MySQL from 9 on.
const mysql = await olderMysql('8.0.33')
const mariadb = await mariadbServer('11.8')
const postgres = await postgresServer(18)
afterAll(() => mysql[Symbol.asyncDispose]())

for (const { server, engine, functionId, shop } of [
  { server: postgres, engine: 'postgres', functionId: 'PostgresSingleUser', shop: () => postgresShop(postgres) },
  { server: mysql, engine: 'mysql', functionId: 'MysqlSingleUser', shop: () => mysqlShop(mysql) },
  { server: mariadb, engine: 'mariadb', functionId: 'MariadbSingleUser', shop: () => mysqlShop(mariadb) },
]) {
  describe(`a single user, on ${server.label}`, { meta: { server: server.label } }, () => {
    it("goes from Keyturn to AWS's function and back, and works after each rotation", async () => {
      await using place = await interopPlace(server, [`${engine}/single-user`])
      const { names, login, application } = await shop()
      const value = { engine, host: 'localhost', port: server.port, dbname: names.shop, ...login }
      const secret = usedSecret(place, await place.store(value), application, () => true)
      for (const whose of ['ours', 'theirs', 'theirs', 'ours', 'ours', 'theirs'] as const)
        await secret.rotate(whose, functionId, 'is refused')
    })
  })
}
