import { afterAll, describe, expect, it } from 'vitest'
import { mariadbServer } from '../support/mysql.ts'
import { pageStatements } from '../support/page.ts'
import { olderMysql } from '../versions/mysql-servers.ts'
import { mysqlShop } from './mysql-application.ts'
import { interopPlace } from './place.ts'
import { usedSecret } from './secret.ts'

// AWS's functions know no MySQL from 9 on.
const older = await olderMysql('8.0.33')
afterAll(() => older[Symbol.asyncDispose]())

for (const server of [older, await mariadbServer('11.8')]) {
  const { engine } = server
  const place = await interopPlace(server, [
    `${engine}/single-user`,
    `${engine}/dual-password`,
    `${engine}/alternating-users`,
  ])
  const prefix = engine === 'mysql' ? 'Mysql' : 'Mariadb'
  const [single, dual] = [`${prefix}SingleUser`, `${prefix}DualPassword`]
  const alternating = `${prefix}AlternatingUsers`

  async function secret() {
    const { names, login, application } = await mysqlShop(server)
    const at = { engine, host: 'localhost', port: server.port }
    const masterarn = await place.store({ ...at, ...server.superuser })
    const secretId = await place.store({ ...at, dbname: names.shop, ...login, masterarn })
    return { names, ...usedSecret(place, secretId, application, () => true) }
  }

  describe(`alternating users, on ${server.label}`, { meta: { server: server.label } }, () => {
    it("go from AWS's functions to Keyturn without a change", async () => {
      const { rotate, prove } = await secret()
      await prove('is none')
      for (const whose of ['theirs', 'theirs', 'theirs', 'ours', 'ours', 'ours'] as const)
        await rotate(whose, alternating, 'works')
    })

    for (const rotations of [2, 3]) {
      it(`go back to AWS's functions as the page says, after ${rotations} rotations of Keyturn`, async () => {
        const { names, rotate, run, username } = await secret()
        for (let rotation = 0; rotation < rotations; rotation++) await rotate('ours', alternating, 'works')
        expect(await username()).toBe(rotations === 2 ? names.app : `${names.app}_clone`)
        // On MariaDB there is nothing to do.
        if (engine === 'mysql') await run(pageStatements('mysql-alternating-back', names), server.query)
        for (const whose of ['theirs', 'theirs', 'theirs', 'ours', 'ours'] as const)
          await rotate(whose, alternating, 'works')
      })
    }

    if (engine === 'mysql')
      it("cannot be rotated by AWS's functions without these statements", async () => {
        const { rotate } = await secret()
        await rotate('ours', alternating, 'works')
        await expect(rotate('theirs', alternating, 'works')).rejects.toThrow('4027')
      })
  })

  describe(`dual passwords, on ${server.label}`, { meta: { server: server.label } }, () => {
    afterAll(() => place[Symbol.asyncDispose]())

    it("follow AWS's alternating users while the first login is in use, and the second one works on", async () => {
      const { names, rotate, login } = await secret()
      for (let turn = 0; turn < 2; turn++) await rotate('theirs', alternating, 'works')
      const other = await login('AWSPREVIOUS')
      expect(other.username).toBe(`${names.app}_clone`)
      for (let turn = 0; turn < 2; turn++) await rotate('ours', dual, 'works')
      expect((await login('AWSCURRENT')).username).toBe(names.app)
      expect(await server.login(other)).toBeDefined()
    })

    it("go back to AWS's single user, and the page's statement ends the second password", async () => {
      const { names, rotate, login } = await secret()
      await rotate('theirs', single, 'is refused')
      for (let rotation = 0; rotation < 2; rotation++) await rotate('ours', dual, 'works')
      const second = await login('AWSPREVIOUS')
      await rotate('theirs', single, 'is refused')
      expect(await server.login(second)).toBeDefined()
      await using admin = await server.admin()
      for (const statement of pageStatements(`${engine}-dual-back`, names)) await admin.query(statement)
      expect(await server.login(second)).toBeUndefined()
      for (const whose of ['theirs', 'ours'] as const) await rotate(whose, single, 'is refused')
      for (let rotation = 0; rotation < 2; rotation++) await rotate('ours', dual, 'works')
    })
  })
}
