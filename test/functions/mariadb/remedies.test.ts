import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unfinishedPassword } from '../../../functions/mariadb/clone-state.ts'
import type { ErrorCode } from '../../../shared/errors/catalogue.ts'
import { nativeHash } from '../../../shared/mysql-family/native-hash.ts'
import { expectFailure } from '../../contract/failure.ts'
import { type StoredTarget, type Suite, suiteFor } from '../../contract/suite.ts'
import { mariadbServer } from '../../support/mysql.ts'
import { pageStatements } from '../../support/page.ts'
import { randomName, randomPassword } from '../../support/random.ts'
import type { RotationByHand } from '../../support/secrets-manager.ts'
import { loginIn } from '../databases/secret-string.ts'
import { cloneOf } from '../databases/target.ts'
import { alternatingUsers, dualPassword, type MariadbType, type TargetWish } from './secret-types.ts'

for (const series of ['10.5', '11.8'] as const) {
  const server = await mariadbServer(series)
  const alternating = await suiteFor(alternatingUsers(server, 'missing'))
  const dual = await suiteFor(dualPassword(server, 'a superuser'))
  const database = randomName('d')

  async function stored({ type, ...suite }: Suite & { readonly type: MariadbType }, wish: TargetWish = {}) {
    const made = await type.make(suite.secrets, { master: server.superuser, ...wish })
    return { ...(await suite.stored(async () => made)), base: made.base, clone: cloneOf(made.base) }
  }

  /** Rotates once more, expects setSecret to fail, does what the error says, and expects that the rotation goes on. */
  async function expectMended(
    suite: Suite,
    target: StoredTarget,
    code: ErrorCode,
    statements: (said: string) => string,
  ) {
    const AWSCURRENT = await target.stagedValue('AWSCURRENT')
    let begun: RotationByHand | undefined
    const before = async (rotation: RotationByHand) => {
      begun = rotation
    }
    const failure = await expectFailure(suite, { ...target, value: AWSCURRENT }, { code, step: 'setSecret', before })
    const said = statements(failure.errorMessage.split('What to do:')[1] ?? '')
    for (const statement of said.split('; ')) await server.query(statement)
    const { AWSPENDING = '' } = await target.staged()
    await begun?.run('setSecret', 'testSecret', 'finishSecret')
    await begun?.end()
    expect(await target.works(AWSPENDING)).toBe(true)
    expect(await target.works(AWSCURRENT)).toBe(true)
    return failure
  }
  const dropUser = (said: string) => /(DROP USER .*?);/s.exec(said)?.[1] ?? ''

  describe(`the statements that errors print, on ${server.label}`, { meta: { server: server.label } }, () => {
    beforeAll(() => server.query(`CREATE DATABASE ${database}`))
    afterAll(async () => {
      for (const { secrets } of [alternating, dual]) await secrets[Symbol.asyncDispose]()
    })

    it('NotPrimary: the statement for several accounts changes all of them', async () => {
      const hosts = ['%', '10.0.0.1']
      const target = await stored(dual, { hosts, name: "it's" })
      const { username, password } = loginIn(target.value)
      const methods = [randomPassword(), password].map((each) => `mysql_native_password USING '${nativeHash(each)}'`)
      for (const host of hosts) {
        await server.query(`ALTER USER ?@? IDENTIFIED VIA ${methods.join(' OR ')}`, [username, host])
      }
      await expectMended(dual, target, 'NotPrimary', (said) => {
        const statement = /(ALTER USER .*?);/s.exec(said)?.[1] ?? ''
        return statement.replaceAll('(its password)', password)
      })
    })

    it('NotAClone: DROP USER names the accounts as the server knows them', async () => {
      const hosts = ['localhost', '10.0.0.%']
      const target = await stored(alternating, { hosts, name: "my-app's", grants: [`SELECT ON ${database}.*`] })
      const password = randomPassword()
      for (const host of hosts) await server.query('CREATE USER ?@? IDENTIFIED BY ?', [target.clone, host, password])
      await expectMended(alternating, target, 'NotAClone', dropUser)
    })

    for (const [what, statements] of [
      ['GRANT', (said: string) => /make the two equal: (.*?);(?= or |[^;]*$)/s.exec(said)?.[1] ?? ''],
      ['DROP USER', dropUser],
    ] as const) {
      it(`NotAClone after an edit of the secret and a GRANT: the ${what} that it prints suffices`, async () => {
        const target = await stored(alternating, { grants: [`SELECT ON ${database}.*`] })
        for (const _turn of ['the clone', 'the base']) await alternating.secrets.rotate(target.secretId)
        const SecretString = await target.stagedValue('AWSCURRENT')
        const edit = new PutSecretValueCommand({ SecretId: target.secretId, SecretString })
        await alternating.secrets.client.send(edit)
        await server.query(`GRANT INSERT, DELETE ON ${database}.* TO ?@'%'`, [target.base.username])
        await server.query("GRANT PROCESS ON *.* TO ?@'%'", [target.clone])
        const said = await expectMended(alternating, target, 'NotAClone', statements)
        expect(said.errorMessage).toContain('the secret was edited since')
      })
    }

    it('LoginLocked: an unfinished clone whose base has a new password since is dropped, and made anew', async () => {
      const target = await stored(alternating)
      const { username: user, password } = target.base
      const marker = unfinishedPassword({ user, passwords: [nativeHash(randomPassword())] })
      expect(marker).not.toBe(unfinishedPassword({ user, passwords: [nativeHash(password)] }))
      await server.query("CREATE USER ?@'%' IDENTIFIED BY ? ACCOUNT LOCK", [target.clone, marker])
      await expectMended(alternating, target, 'LoginLocked', dropUser)
    })

    it('LoginLocked: a clone that somebody has locked is let in again by the ALTER USER', async () => {
      const target = await stored(alternating)
      for (const _turn of ['the clone', 'the base']) await alternating.secrets.rotate(target.secretId)
      await server.query("ALTER USER ?@'%' ACCOUNT LOCK", [target.clone])
      const unlock = (said: string) => /(ALTER USER .*?);/s.exec(said)?.[1] ?? ''
      await expectMended(alternating, target, 'LoginLocked', unlock)
    })

    /** Runs a block of docs/from-aws-functions.md, whose statements hand on variables of their session. */
    async function runPage(block: string, app: string) {
      await using admin = await server.admin()
      for (const statement of pageStatements(block, { app, shop: database })) await admin.query(statement)
    }

    it("the page about AWS's functions: an account with a password of its own keeps it, and is rotated, too", async () => {
      const hosts = ['%', '10.0.0.%']
      for (const suite of [alternating, dual]) {
        const target = await stored(suite, { hosts })
        const { username } = target.base
        const own = randomPassword()
        await server.query('ALTER USER ?@? IDENTIFIED BY ?', [username, hosts[1], own])
        const code = suite === dual ? 'NotPrimary' : 'NotAClone'
        await expectFailure(suite, target, { code, step: 'setSecret' })
        await runPage('mariadb-sibling', username)
        const secretId = await suite.secrets.store(target.value)
        // Nobody comes from that network here: under another name its passwords can be tried.
        const nearby = `${username}_n`
        const move = (from: string, to: string) => server.query(`RENAME USER ${from} TO ${to}`)
        await move(`'${username}'@'10.0.0.%'`, `'${nearby}'@'%'`)
        for (const password of [own, target.base.password])
          expect(await server.login({ username: nearby, password })).toBeDefined()
        await move(`'${nearby}'@'%'`, `'${username}'@'10.0.0.%'`)
        await suite.secrets.rotate(secretId)
        const { password } = loginIn((await suite.secrets.value(secretId, 'AWSCURRENT')) ?? '')
        const both = suite === dual ? [password, target.base.password] : [own, target.base.password]
        await move(`'${username}'@'10.0.0.%'`, `'${nearby}'@'%'`)
        for (const each of both) expect(await server.login({ username: nearby, password: each })).toBeDefined()
      }
    })

    it("the page about AWS's functions: a second login that they left unfinished is dropped, and made anew", async () => {
      const target = await stored(alternating, { grants: [`SELECT ON ${database}.*`] })
      await server.query("CREATE USER ?@'%' IDENTIFIED BY ?", [target.clone, randomPassword()])
      await expectFailure(alternating, target, { code: 'NotAClone', step: 'setSecret' })
      await runPage('mariadb-unfinished', target.base.username)
      const secretId = await alternating.secrets.store(target.value)
      await alternating.secrets.rotate(secretId)
      const current = loginIn((await alternating.secrets.value(secretId, 'AWSCURRENT')) ?? '')
      expect(await server.login({ ...current, database })).toBeDefined()
    })

    it("the page about AWS's functions: the second password ends, and the first one logs in", async () => {
      const target = await stored(dual)
      await dual.secrets.rotate(target.secretId)
      expect(await server.login(target.base)).toBeDefined()
      await runPage('mariadb-dual-back', target.base.username)
      expect(await server.login(target.base)).toBeUndefined()
      expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
    })

    it('leave no secret value in any output', async () => {
      for (const suite of [alternating, dual]) await suite.expectNoLeak(await server.log())
    })
  })
}
