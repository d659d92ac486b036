import { afterAll, describe, expect, it } from 'vitest'
import { suiteFor } from '../contract/suite.ts'
import { loginIn } from '../functions/databases/secret-string.ts'
import { alternatingUsers } from '../functions/mariadb/secret-types.ts'
import type { TestServer } from '../support/mysql.ts'

/**
 * The case of an account that has quotes in the names of its certificate. Older patch levels of MariaDB write them in SHOW CREATE
 * USER as they are, newer ones doubled.
 * @param written how this one does
 */
export async function certificateNames(server: TestServer, written: 'as they are' | 'doubled'): Promise<void> {
  const type = alternatingUsers(server, 'missing')
  const suite = await suiteFor(type)

  describe(`quotes in SHOW CREATE USER, ${written}, on ${server.label}`, { meta: { server: server.label } }, () => {
    afterAll(() => suite.secrets[Symbol.asyncDispose]())

    it("a clone asks for the base's certificate, whatever quotes are in its names", async () => {
      const options = "REQUIRE SUBJECT '/CN=it''s \\\\' ISSUER '/O=\"o\" SUBJECT x'"
      const wish = { hosts: ['%', '10.0.0.1'] }
      const target = await suite.stored((store) => type.make(store, wish))
      const { username } = loginIn(target.value)
      await server.query(`ALTER USER ?@'10.0.0.1' ${options}`, [username])
      const required = async (name: string) => {
        const [row = {}] = await server.query<Record<string, string>>("SHOW CREATE USER ?@'10.0.0.1'", [name])
        return /REQUIRE .*/.exec(Object.values(row)[0] ?? '')?.[0]
      }
      const before = await required(username)
      expect(before).toContain(written === 'doubled' ? "/CN=it''s" : "/CN=it's")
      await suite.secrets.rotate(target.secretId)
      const clone = loginIn(await target.stagedValue('AWSCURRENT')).username
      expect(clone).not.toBe(username)
      expect(await required(clone)).toBe(before)
      await suite.secrets.rotate(target.secretId)
      expect(await required(username)).toBe(before)
    })
  })
}
