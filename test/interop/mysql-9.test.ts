import { afterAll, describe, expect, it } from 'vitest'
import { mysqlServer } from '../support/mysql.ts'
import { pageStatements } from '../support/page.ts'
import { mysqlShop } from './mysql-application.ts'
import { interopPlace } from './place.ts'
import { usedSecret } from './secret.ts'

const server = await mysqlServer()
const place = await interopPlace(server, ['mysql/single-user', 'mysql/alternating-users'])
const [single, alternating] = ['MysqlSingleUser', 'MysqlAlternatingUsers']

async function secret() {
  const { names, login, application } = await mysqlShop(server)
  const at = { engine: 'mysql', host: 'localhost', port: server.port }
  const masterarn = await place.store({ ...at, ...server.superuser })
  const secretId = await place.store({ ...at, dbname: names.shop, ...login, masterarn })
  return { names, ...usedSecret(place, secretId, application, () => true) }
}

describe(`${server.label}, which AWS's functions cannot rotate`, { meta: { server: server.label } }, () => {
  afterAll(() => place[Symbol.asyncDispose]())

  it("is rotated by Keyturn where AWS's function for a single user has failed", async () => {
    const { secretId, rotate } = await secret()
    await expect(rotate('theirs', single, 'is refused')).rejects.toThrow('1064')
    await place.giveUp(secretId)
    await rotate('ours', single, 'is refused')
  })

  it("is rotated by Keyturn after the page's statement, where AWS's function left a second login unfinished", async () => {
    const { names, secretId, rotate } = await secret()
    await expect(rotate('theirs', alternating, 'works')).rejects.toThrow('1064')
    await place.giveUp(secretId)
    await expect(rotate('ours', alternating, 'works')).rejects.toThrow('NotAClone')
    for (const statement of pageStatements('mysql-unfinished', names)) await server.query(statement)
    for (let turn = 0; turn < 3; turn++) await rotate('ours', alternating, 'works')
  })

  it("is rotated by Keyturn without a statement where AWS's function succeeded at its second attempt", async () => {
    const { names, secretId, rotate, username } = await secret()
    await expect(rotate('theirs', alternating, 'works')).rejects.toThrow('1064')
    // It finds that the password it had given to the new account works, and looks no further.
    await rotate('theirs', alternating, 'works')
    expect(await username()).toBe(`${names.app}_clone`)
    await expect(rotate('theirs', alternating, 'works')).rejects.toThrow('1064')
    await place.giveUp(secretId)
    for (let turn = 0; turn < 3; turn++) await rotate('ours', alternating, 'works')
  })
})
