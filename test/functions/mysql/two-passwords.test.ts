import { afterAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { mysqlServer } from '../../support/mysql.ts'
import { codeOf } from '../../support/outcome.ts'
import { randomPassword } from '../../support/random.ts'
import { fourSteps } from '../../support/secrets-manager.ts'
import { loginIn } from '../databases/secret-string.ts'
import { fastLogin } from './fast-path.ts'
import { dualPassword } from './secret-types.ts'

const server = await mysqlServer()

for (const by of ['itself', 'a superuser'] as const) {
  const type = dualPassword(server, by)
  const suite = await suiteFor(type)
  const { secrets, stored } = suite

  describe(`${type.title}: the two passwords`, { meta: { server: server.label } }, () => {
    afterAll(() => secrets[Symbol.asyncDispose]())

    it('clients without TLS log in with the old password all the time, and with the new one once it is promoted', async () => {
      const target = await stored()
      const old = loginIn(target.value)
      // As the application has done before, over TLS or with the server's key.
      await target.works(target.value)
      const rotation = await secrets.begin(target.secretId)
      for (const step of fourSteps) {
        await rotation.run(step)
        expect([step, await fastLogin(server, old)]).toEqual([step, true])
      }
      expect(await fastLogin(server, loginIn(await secrets.storedValue(target.secretId, 'AWSCURRENT')))).toBe(true)
    })

    it('setSecret run five times leaves the old password in place', async () => {
      const target = await stored()
      const rotation = await secrets.begin(target.secretId)
      await rotation.run('createSecret', ...Array.from({ length: 5 }, () => 'setSecret' as const))
      expect(await target.works(target.value)).toBe(true)
      expect(await target.works(await target.stagedValue('AWSPENDING'))).toBe(true)
    })

    it('the password before last stops working, with nothing left over', async () => {
      const target = await stored()
      for (let round = 0; round < 2; round++) await secrets.rotate(target.secretId)
      expect(await target.works(target.value)).toBe(false)
      expect(await target.works(await target.stagedValue('AWSPREVIOUS'))).toBe(true)
    })

    it('AWSCURRENT that is the second password is NotPrimary: it stays, and so does the first one', async () => {
      const target = await stored()
      const { username, password } = loginIn(target.value)
      const first = randomPassword()
      await server.query('ALTER USER ?@? IDENTIFIED BY ? RETAIN CURRENT PASSWORD', [username, '%', first])
      const watch = await type.watchLogins(target)
      const rotation = await secrets.begin(target.secretId)
      await rotation.run('createSecret')
      const outcome = await rotation.attempt('setSecret')
      expect(codeOf(outcome)).toBe('NotPrimary')
      // No login was refused: the question which password is the first must lock no account.
      expect((await watch.stop()).refused).toBe(0)
      expect(await server.login({ username, password })).toBeDefined()
      expect(await server.login({ username, password: first })).toBeDefined()
    })

    for (const [what, options] of [
      ['one failed login would lock', 'FAILED_LOGIN_ATTEMPTS 1 PASSWORD_LOCK_TIME UNBOUNDED'],
      ['has a password history', 'PASSWORD HISTORY 20 PASSWORD REUSE INTERVAL 30 DAY'],
      ['must say its current password', 'PASSWORD REQUIRE CURRENT'],
      ['may have one connection', 'WITH MAX_USER_CONNECTIONS 1'],
    ] as const) {
      it(`rotates an account that ${what}, with every step run twice`, async () => {
        const target = await stored((store) => type.make(store, { options }))
        for (let round = 0; round < 2; round++) {
          const before = await target.stagedValue('AWSCURRENT')
          const rotation = await secrets.begin(target.secretId)
          for (const step of fourSteps) await rotation.run(step, step)
          await rotation.end()
          await target.expectPromoted(rotation, before)
        }
      })
    }

    it('an account of the password plugin before this one keeps its plugin', async () => {
      const target = await stored()
      const { username, password } = loginIn(target.value)
      await server.query('ALTER USER ?@? IDENTIFIED WITH sha256_password BY ?', [username, '%', password])
      await secrets.rotate(target.secretId)
      const rows = await server.query('SELECT plugin FROM mysql.user WHERE user = ?', [username])
      expect(rows).toEqual([{ plugin: 'sha256_password' }])
      expect(await server.login(loginIn(await target.stagedValue('AWSCURRENT')))).toBeDefined()
      expect(await server.login({ username, password })).toBeDefined()
    })

    it('leaves no secret value in any output', async () => {
      await suite.expectNoLeak(await server.log())
    })
  })
}

describe('mysql dual-password: privileges', { meta: { server: server.label } }, () => {
  it('the error for a login without the privilege and without masterarn names masterarn, too', async () => {
    const type = dualPassword(server, 'itself')
    const suite = await suiteFor(type)
    await using _ = suite.secrets
    const target = await suite.stored((store) => type.make(store, { grants: ['PROCESS ON *.*'] }))
    const error = await expectFailure(suite, target, { code: 'MissingPrivilege', step: 'setSecret' })
    expect(error.errorMessage).toContain('or add masterarn to the secret')
  })

  it('of two rotations at once, the second one waits, and gives up before its time is over', async () => {
    const type = dualPassword(server, 'a superuser')
    const suite = await suiteFor({ ...type, function: { ...type.function, timeoutMs: 6_000 } })
    await using _ = suite.secrets
    const target = await suite.stored()
    const { username } = loginIn(target.value)
    await using other = await server.admin()
    await other.query("SELECT GET_LOCK(CONCAT('keyturn.', LEFT(SHA2(?, 256), 40)), 0)", [username])
    const error = await expectFailure(suite, target, { code: 'TimedOut', step: 'setSecret' })
    expect(error.errorMessage).toContain(`Another rotation is changing ${username}`)
  })
})
