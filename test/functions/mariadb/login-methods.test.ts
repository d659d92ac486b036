import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nativeHash } from '../../../shared/mysql-family/native-hash.ts'
import { expectFailure } from '../../contract/failure.ts'
import { type StoredTarget, suiteFor } from '../../contract/suite.ts'
import { mariadbServer } from '../../support/mysql.ts'
import { randomPassword } from '../../support/random.ts'
import type { RotationByHand } from '../../support/secrets-manager.ts'
import { loginIn } from '../databases/secret-string.ts'
import { createUser } from './accounts.ts'
import { dualPassword, singleUser } from './secret-types.ts'

const native = (password: string) => `mysql_native_password USING '${nativeHash(password)}'`

for (const series of ['10.5', '10.11', '11.8'] as const) {
  const server = await mariadbServer(series)
  const single = await suiteFor(singleUser(server))
  const dual = await suiteFor(dualPassword(server, 'a superuser'))

  async function identify({ value }: StoredTarget, methods: (current: string) => string): Promise<void> {
    const { username, password } = loginIn(value)
    await server.query(`ALTER USER ?@'%' IDENTIFIED VIA ${methods(native(password))}`, [username])
  }
  const works = (target: StoredTarget, password: string) =>
    server.login({ ...loginIn(target.value), password }).then((session) => session !== undefined)
  const shown = ({ value }: StoredTarget) => createUser(server, loginIn(value))

  describe(`accounts with several login methods on ${server.label}`, { meta: { server: server.label } }, () => {
    beforeAll(() => server.query("INSTALL SONAME 'auth_ed25519'").catch(() => undefined))
    afterAll(async () => {
      await Promise.all([single, dual].map(({ secrets }) => secrets[Symbol.asyncDispose]()))
    })

    describe('single-user', () => {
      it('changes the password where another method stands first, and leaves that as it is', async () => {
        const target = await single.stored()
        await identify(target, (current) => `unix_socket OR ${current}`)
        await single.secrets.rotate(target.secretId)
        expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
        expect(await target.works(target.value)).toBe(false)
        expect(await shown(target)).toContain("IDENTIFIED VIA unix_socket OR mysql_native_password USING 'HASH'")
      })

      it('ends no rotation with a second password alive: an account that may not change it is MissingPrivilege', async () => {
        const target = await single.stored()
        await identify(target, (current) => `${native(randomPassword())} OR ${current}`)
        let begun: RotationByHand | undefined
        const before = async (rotation: RotationByHand) => {
          begun = rotation
        }
        const error = await expectFailure(single, target, { code: 'MissingPrivilege', step: 'setSecret', before })
        expect(error.errorMessage).toContain('has 2 passwords, and may change the first of them only')
        const { username, password } = loginIn(target.value)
        const statement = /ALTER USER '[^']+'@'%' IDENTIFIED VIA .*?;/.exec(error.errorMessage)?.[0] ?? ''
        expect(statement).toContain(username)
        await server.query(statement.replace('...', password))
        await begun?.run('setSecret', 'testSecret', 'finishSecret')
        await begun?.end()
        expect(await target.works(target.value)).toBe(false)
      })

      it('an account that can see others of its name is SeveralAccounts, and none is changed', async () => {
        const target = await single.stored((store) => singleUser(server).make(store, { name: "o'x" }))
        const { username } = loginIn(target.value)
        await server.query("CREATE USER ?@'10.%' IDENTIFIED BY 'x'", [username])
        await server.query("GRANT SELECT ON mysql.* TO ?@'%'", [username])
        const error = await expectFailure(single, target, { code: 'SeveralAccounts', step: 'setSecret' })
        expect(error.errorMessage).toContain('has 2 accounts')
      })

      it('a name that ends in a space is LoginMethod, and the error says why', async () => {
        const target = await single.stored((store) => singleUser(server).make(store, { name: 'x ' }))
        const error = await expectFailure(single, target, { code: 'LoginMethod', step: 'setSecret' })
        expect(error.errorMessage).toContain('ends in a space')
      })

      it('ends all passwords of an account that may change accounts', async () => {
        const target = await single.stored()
        const other = randomPassword()
        await identify(target, (current) => `unix_socket OR ${native(other)} OR ${current}`)
        await server.query("GRANT CREATE USER ON *.* TO ?@'%'", [loginIn(target.value).username])
        await single.secrets.rotate(target.secretId)
        expect([await works(target, other), await target.works(target.value)]).toEqual([false, false])
        expect(await shown(target)).toContain("VIA unix_socket OR mysql_native_password USING 'HASH'")
      })

      it('a password that another plugin keeps is LoginMethod, since the old one would go on working there', async () => {
        const target = await single.stored()
        const { password } = loginIn(target.value)
        await identify(target, (current) => `${current} OR ed25519 USING PASSWORD('${password}')`)
        const error = await expectFailure(single, target, { code: 'LoginMethod', step: 'setSecret' })
        expect(error.errorMessage).toContain('mysql_native_password or ed25519')
      })

      for (const second of ['', ' OR CURRENT']) {
        it(`a first method that the function does not speak is LoginMethod${second && ', though another one follows'}`, async () => {
          const target = await single.stored()
          await identify(target, (current) => `ed25519 USING PASSWORD('x')${second.replace('CURRENT', current)}`)
          const error = await expectFailure(single, target, {
            code: 'LoginMethod',
            step: 'setSecret',
            stillWorks: false,
          })
          expect(error.errorMessage).toContain('to prove its password by ed25519')
          expect(error.errorMessage).not.toContain('TODO')
        })
      }

      it('an authentication string with a quote in it is LoginMethod, and its end is not guessed', async () => {
        const target = await single.stored()
        await identify(target, (current) => `${current} OR unix_socket USING 'it''s'`)
        await expectFailure(single, target, { code: 'LoginMethod', step: 'setSecret' })
      })
    })

    describe('dual-password', () => {
      it('keeps the other methods and their order', async () => {
        const target = await dual.stored()
        const options = 'REQUIRE NONE WITH MAX_USER_CONNECTIONS 9 ACCOUNT UNLOCK PASSWORD EXPIRE INTERVAL 90 DAY'
        await identify(
          target,
          (current) => `unix_socket USING 'it''s' OR ${current} OR ed25519 USING PASSWORD('y') ${options}`,
        )
        // As the server itself writes it: the quote doubled or not.
        const before = await server.query("SHOW CREATE USER ?@'%'", [loginIn(target.value).username])
        await dual.secrets.rotate(target.secretId)
        const after = await server.query("SHOW CREATE USER ?@'%'", [loginIn(target.value).username])
        const [, first, kept = 'none'] =
          / VIA (unix_socket USING 'it.*?s') OR .* OR (ed25519 .*)$/.exec(String(Object.values(before[0] ?? {})[0])) ??
          []
        expect(kept).toContain('MAX_USER_CONNECTIONS 9 PASSWORD EXPIRE INTERVAL 90 DAY')
        const hashes = [await target.stagedValue('AWSCURRENT'), target.value].map((each) =>
          native(loginIn(each).password),
        )
        expect(String(Object.values(after[0] ?? {})[0])).toContain(`VIA ${first} OR ${hashes.join(' OR ')} OR ${kept}`)
      })

      it('a retried setSecret sends nothing that would change an account', async () => {
        const target = await dual.stored()
        const rotation = await dual.secrets.begin(target.secretId)
        await rotation.run('createSecret', 'setSecret')
        const { length } = await server.log()
        await rotation.run('setSecret')
        const { username } = loginIn(target.value)
        const said = (await server.log(length)).split('\n').filter((line) => line.includes(username))
        expect(said.join()).toContain('mysql.global_priv')
        expect(said.join()).not.toMatch(/ALTER USER|SET PASSWORD/)
        await rotation.run('testSecret', 'finishSecret')
        await rotation.end()
      })

      it('the password before the last one stops working', async () => {
        const target = await dual.stored()
        await dual.secrets.rotate(target.secretId)
        const second = await target.stagedValue('AWSCURRENT')
        expect(await target.works(target.value)).toBe(true)
        await dual.secrets.rotate(target.secretId)
        const third = await target.stagedValue('AWSCURRENT')
        const all = await Promise.all([target.value, second, third].map(target.works))
        expect(all).toEqual([false, true, true])
      })

      it('an account whose first password is not the current one is NotPrimary, and left as it is', async () => {
        const target = await dual.stored()
        await identify(target, (current) => `${native(randomPassword())} OR ${current}`)
        const error = await expectFailure(dual, target, { code: 'NotPrimary', step: 'setSecret' })
        expect(error.errorMessage).toContain(`'${loginIn(target.value).username}'@'%'`)
      })

      it('an account of the same name with another password is NotPrimary, and keeps its password', async () => {
        const target = await dual.stored()
        const password = randomPassword()
        await server.query("CREATE USER ?@'10.0.0.1' IDENTIFIED BY ?", [loginIn(target.value).username, password])
        const error = await expectFailure(dual, target, { code: 'NotPrimary', step: 'setSecret' })
        expect(error.errorMessage).toContain("@'10.0.0.1' is neither")
      })

      it('leaves an account of the same name that has no password alone, and says so', async () => {
        const target = await dual.stored()
        const { username } = loginIn(target.value)
        await server.query("CREATE USER ?@'10.0.0.1' IDENTIFIED VIA unix_socket", [username])
        await dual.secrets.rotate(target.secretId)
        expect(await createUser(server, { username, password: '' }, '10.0.0.1')).toContain('VIA unix_socket')
        expect(dual.secrets.output()).toContain(`left '${username}'@'10.0.0.1' alone`)
      })

      it('an account that has lost its second password has it back after a run', async () => {
        const target = await dual.stored()
        const rotation = await dual.secrets.begin(target.secretId)
        await rotation.run('createSecret', 'setSecret')
        const pending = await target.stagedValue('AWSPENDING')
        // Somebody takes AWSCURRENT away: only the pending value logs in, and then there is nothing left to do.
        await server.query("ALTER USER ?@'%' IDENTIFIED BY ?", [loginIn(pending).username, loginIn(pending).password])
        await rotation.run('setSecret', 'testSecret', 'finishSecret')
        expect(await target.works(pending)).toBe(true)
        await rotation.end()
      })
    })

    it('leaves no secret value in any output', async () => {
      for (const suite of [single, dual]) await suite.expectNoLeak(await server.log())
    })
  })
}
