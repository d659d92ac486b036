import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unfinishedPassword } from '../../../functions/mariadb/clone-state.ts'
import { nativeHash } from '../../../shared/mysql-family/native-hash.ts'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { mariadbServer } from '../../support/mysql.ts'
import { codeOf } from '../../support/outcome.ts'
import { randomName, randomPassword } from '../../support/random.ts'
import type { TestLogin } from '../../support/test-server.ts'
import { createAccount } from '../databases/mysql-accounts.ts'
import { loginIn } from '../databases/secret-string.ts'
import { cloneOf } from '../databases/target.ts'
import { accountSnapshot, createClone, createMaster } from './accounts.ts'
import { alternatingUsers, secretString, type TargetWish } from './secret-types.ts'

for (const series of ['10.5', '11.8'] as const) {
  const server = await mariadbServer(series)
  const suite = await suiteFor(alternatingUsers(server, 'missing'))
  const { secrets, type } = suite
  const role = randomName('r')

  async function stored(wish: TargetWish = {}) {
    const made = await type.make(secrets, wish)
    return { ...(await suite.stored(async () => made)), base: made.base, clone: cloneOf(made.base) }
  }
  const unfinished = ({ username: user, password }: TestLogin) =>
    unfinishedPassword({ user, passwords: [nativeHash(password)] })
  const sql = (text: string, user: string) => server.query(text, [user])

  describe(`logins that belong to others, on ${server.label}`, { meta: { server: server.label } }, () => {
    beforeAll(() => server.query(`CREATE ROLE ${role}`))
    afterAll(() => secrets[Symbol.asyncDispose]())

    for (const [what, make] of [
      ['may do more', ["GRANT SELECT ON *.* TO ?@'%'"]],
      ['may do less', ["REVOKE PROCESS ON *.* FROM ?@'%'"]],
      ['has a role', [`GRANT ${role} TO ?@'%'`]],
      ['has other limits', ["ALTER USER ?@'%' WITH MAX_USER_CONNECTIONS 3"]],
    ] as const) {
      it(`an account with the clone's name that ${what} is NotAClone, and left as it is`, async () => {
        const target = await stored({ grants: ['PROCESS ON *.*'] })
        await createClone(server, target.base, ['PROCESS ON *.*'])
        for (const statement of make) await sql(statement, target.clone)
        const error = await expectFailure(suite, target, { code: 'NotAClone', step: 'setSecret' })
        expect(error.errorMessage).toMatch(/_clone (has|lacks) /)
      })
    }

    it('a login whose name ends in _clone by chance never changes the login without it', async () => {
      const [boss, master] = [await createAccount(server, { grants: ['SELECT ON *.*'] }), await createMaster(server)]
      const clone = await createClone(server, boss, ['PROCESS ON *.*'])
      const masterarn = JSON.stringify(await secrets.store(secretString({ port: server.port }, master)))
      const value = secretString({ port: server.port }, clone, { masterarn })
      const made = await type.make(secrets)
      const target = await suite.stored(async () => ({
        ...made,
        value,
        others: [...made.others, master.password, boss.password],
        works: async (text: string) => (await server.login(loginIn(text))) !== undefined,
        snapshot: () => accountSnapshot(server, boss),
      }))
      await expectFailure(suite, target, { code: 'NotAClone', step: 'setSecret' })
      expect(await server.login(boss)).toBeDefined()
    })

    it('accounts of one name with different passwords are never mixed: their rights would change hands', async () => {
      const target = await stored()
      const other = randomPassword()
      await server.query("CREATE USER ?@'10.0.0.1' IDENTIFIED BY ?", [target.base.username, other])
      await sql("GRANT SELECT ON *.* TO ?@'10.0.0.1'", target.base.username)
      const error = await expectFailure(suite, target, { code: 'NotAClone', step: 'setSecret' })
      expect(error.errorMessage).toContain('do not have the same password')
    })

    it('an account that was made for another host while the clone got its password is not taken over', async () => {
      const target = await stored({ hosts: ['%', '10.0.0.1'] })
      const rotation = await secrets.begin(target.secretId)
      await rotation.run('createSecret', 'setSecret')
      await sql("DROP USER ?@'10.0.0.1'", target.clone)
      await server.query("CREATE USER ?@'10.0.0.1' IDENTIFIED BY ?", [target.clone, randomPassword()])
      await sql("GRANT SELECT ON *.* TO ?@'10.0.0.1'", target.clone)
      const before = await target.snapshot()
      expect(codeOf(await rotation.attempt('setSecret'))).toBe('NotAClone')
      expect(await target.snapshot()).toEqual(before)
      await rotation.end()
    })

    it('an account of the clone for a host that the base has none for is NotAClone', async () => {
      const target = await stored()
      await sql("CREATE USER ?@'10.0.0.1' IDENTIFIED BY 'x'", target.clone)
      const error = await expectFailure(suite, target, { code: 'NotAClone', step: 'setSecret' })
      expect(error.errorMessage).toContain(`DROP USER '${target.clone}'@'10.0.0.1'`)
    })

    it('a clone that somebody has locked stays locked', async () => {
      const target = await stored()
      await createClone(server, target.base, [])
      await sql("ALTER USER ?@'%' ACCOUNT LOCK", target.clone)
      await expectFailure(suite, target, { code: 'LoginLocked', step: 'setSecret' })
    })

    it("an outdated clone of AWS's functions is brought up to date: AWSPREVIOUS proves whose it is", async () => {
      const target = await stored()
      await secrets.rotate(target.secretId)
      await secrets.rotate(target.secretId)
      await sql("GRANT SELECT ON *.* TO ?@'%'", target.base.username)
      await sql("GRANT PROCESS ON *.* TO ?@'%'", target.clone)
      await secrets.rotate(target.secretId)
      const names = [target.base.username, target.clone]
      const rows = await server.query(
        "SELECT DISTINCT JSON_VALUE(Priv, '$.access') AS access FROM mysql.global_priv WHERE User IN (?)",
        [names],
      )
      expect(rows).toHaveLength(1)
    })

    it('a run goes on from what a run with another token began', async () => {
      const target = await stored({ grants: ['PROCESS ON *.*'] })
      const hash = nativeHash(unfinished(target.base))
      await server.query(`CREATE USER ?@'%' IDENTIFIED VIA mysql_native_password USING '${hash}' ACCOUNT LOCK`, [
        target.clone,
      ])
      await secrets.rotate(target.secretId)
      expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
    })

    it('the public password of an unfinished account opens nothing', async () => {
      const target = await stored()
      const login = { username: target.clone, password: unfinished(target.base) }
      await server.query("CREATE USER ?@'%' IDENTIFIED BY ? ACCOUNT LOCK", [login.username, login.password])
      await expect(server.login(login)).rejects.toThrow('locked')
      await secrets.rotate(target.secretId)
      expect(await server.login(login)).toBeUndefined()
    })

    it('an account that is not locked counts as in use, with any password', async () => {
      const target = await stored({ grants: ['PROCESS ON *.*'] })
      await server.query("CREATE USER ?@'%' IDENTIFIED BY ?", [target.clone, unfinished(target.base)])
      await expectFailure(suite, target, { code: 'NotAClone', step: 'setSecret' })
    })

    it('leaves no secret value in any output', async () => {
      await suite.expectNoLeak(await server.log())
    })
  })
}
