import { afterAll, describe, expect, it } from 'vitest'
import { suiteFor } from '../contract/suite.ts'
import { createAccount } from '../functions/databases/mysql-accounts.ts'
import { targetsOf } from '../functions/databases/target.ts'
import * as mysql from '../functions/mysql/secret-types.ts'
import { whyNoMaven } from '../support/maven.ts'
import { connected } from '../support/mysql.ts'
import { codeOf, saidBy } from '../support/outcome.ts'
import { olderMysql } from './mysql-servers.ts'

const why = await whyNoMaven()
if (why !== undefined) describe.skip(`NOT TESTED: ${why}`, () => undefined)
else {
  // It has no TLS, and no roles.
  const oldest = await olderMysql('5.7.22')
  const at = { port: oldest.port, fields: { ssl: 'false' } }
  const targetFor = targetsOf(mysql.secretString, async () => [])
  const hashOf = (username: string) =>
    oldest.query('SELECT authentication_string AS hash FROM mysql.user WHERE user = ?', [username])
  const logsIn = ({ username: user, password }: { username: string; password: string }) =>
    connected({ host: oldest.host, port: oldest.port, user, password }).then(
      (client) => client.end().then(() => true),
      () => false,
    )

  describe(`the oldest: ${oldest.label}`, { meta: { server: oldest.label } }, () => {
    afterAll(() => oldest[Symbol.asyncDispose]())

    it('MysqlSingleUser rotates it', async () => {
      const suite = await suiteFor(mysql.singleUser(oldest, at))
      await using _ = suite.secrets
      const target = await suite.stored()
      const rotation = await suite.secrets.begin(target.secretId)
      for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const)
        await rotation.run(step, step)
      const AWSCURRENT = await target.stagedValue('AWSCURRENT')
      const logins = [AWSCURRENT, target.value].map((value) => logsIn(JSON.parse(value)))
      expect(await Promise.all(logins)).toEqual([true, false])
      await rotation.end()
    })

    it('started with skip-grant-tables it is named as such, and nothing is changed', async () => {
      await using open = await olderMysql('5.7.22', { 'skip-grant-tables': 'ON', 'init-file': '/dev/null' })
      const suite = await suiteFor(mysql.singleUser(oldest, at))
      await using _ = suite.secrets
      const value = { username: 'app', password: 'the-first-password', host: open.host, port: open.port, ssl: false }
      const rotation = await suite.secrets.begin(await suite.secrets.store(JSON.stringify(value)))
      await rotation.run('createSecret')
      const outcome = await rotation.attempt('setSecret')
      expect(outcome).toMatchObject({ ok: false, error: { errorType: 'LoginMethod' } })
      expect(outcome.logs).toContain('skip-grant-tables')
    })

    for (const [name, type, master] of [
      ['MysqlDualPassword', mysql.dualPassword(oldest, 'itself', at), undefined],
      ['MysqlAlternatingUsers', mysql.alternatingUsers(oldest, 'missing', at), oldest.superuser],
    ] as const) {
      it(`${name} refuses it before anything is changed`, async () => {
        const suite = await suiteFor(type)
        await using _ = suite.secrets
        const target = await suite.stored(async ({ store }) =>
          targetFor({ server: oldest, at, store }, await createAccount(oldest), {}, master),
        )
        const { username } = JSON.parse(target.value)
        const [before, rotation] = [await hashOf(username), await suite.secrets.begin(target.secretId)]
        await rotation.run('createSecret')
        const outcome = await rotation.attempt('setSecret')
        expect(codeOf(outcome)).toBe('UnsupportedServer')
        expect(saidBy(outcome)).toContain('is MySQL 5.7.22-log, and this function is for')
        expect(await hashOf(username)).toEqual(before)
        await rotation.end()
      })
    }
  })
}
