import { asyncProperty, string } from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nativeHash } from '../../../shared/mysql-family/native-hash.ts'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import type { TestServer } from '../../support/mysql.ts'
import { codeOf, saidBy } from '../../support/outcome.ts'
import { ownMariadb } from '../../support/own-mysql.ts'
import { holds } from '../../support/property.ts'
import { createMaster } from './accounts.ts'
import { alternatingUsers, dualPassword, type MariadbType, singleUser } from './secret-types.ts'

/** A password that the plugin accepts, for the account that a test begins with. */
const accepted = () => `Aa1-${crypto.randomUUID()}`

for (const series of ['10.5', '11.8'] as const) {
  const server = await ownMariadb(series)
  const strategies = [singleUser(server), dualPassword(server, 'a superuser'), alternatingUsers(server, 'missing')]

  /** A kind of secret with settings of its function, and passwords to begin with that the plugins accept. */
  async function suiteWith(type: MariadbType, env: Readonly<Record<string, string>>) {
    const under = { ...type, function: { ...type.function, env: { ...type.function.env, ...env } } }
    const suite = await suiteFor(under)
    const stored = async () => {
      await lenient(server, true)
      const master = type.strategy === 'single-user' ? undefined : await createMaster(server)
      const made = await suite.stored((store) => type.make(store, { password: accepted(), ...(master && { master }) }))
      await lenient(server, false)
      return made
    }
    return { ...suite, stored }
  }

  describe(`passwords on ${server.label}`, { meta: { server: server.label } }, () => {
    afterAll(() => server[Symbol.asyncDispose]())

    it('the hash is the one that the server makes', async () => {
      await using client = await server.admin()
      await client.query('SET NAMES utf8mb4')
      await holds(
        asyncProperty(string({ unit: 'binary', minLength: 1 }), async (password) => {
          const [rows] = await client.query<never>('SELECT PASSWORD(?) AS hash', [password])
          expect(nativeHash(password)).toBe((rows as { hash: string }[])[0]?.hash)
        }),
        100,
      )
    })

    describe('with a password validation plugin', () => {
      beforeAll(() => server.query("INSTALL SONAME 'simple_password_check'"))
      afterAll(() => server.query("UNINSTALL SONAME 'simple_password_check'"))

      it.each(strategies)('$title: hashes are refused, and the error names the setting', async (type) => {
        const suite = await suiteWith(type, {})
        await using _ = suite.secrets
        const target = await suite.stored()
        const error = await expectFailure(suite, target, { code: 'PasswordRejected', step: 'setSecret' })
        expect(error.errorMessage).toContain('MARIADB_PASSWORD_FORMAT=cleartext')
        expect(error.errorMessage).toContain('strict_password_validation')
        await suite.expectNoLeak(await server.log())
      })

      it.each(strategies)('$title: rotates with clear text where the function is told to', async (type) => {
        const suite = await suiteWith(type, { MARIADB_PASSWORD_FORMAT: 'cleartext' })
        await using _ = suite.secrets
        const target = await suite.stored()
        await suite.secrets.rotate(target.secretId)
        await suite.secrets.rotate(target.secretId)
        expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
        expect(await target.works(await target.stagedValue('AWSPREVIOUS'))).toBe(type.oldValue === 'works')
        await suite.expectNoLeak()
      })

      it.each(strategies)('$title: a generated password that the plugin refuses is PasswordRejected', async (type) => {
        const suite = await suiteWith(type, { MARIADB_PASSWORD_FORMAT: 'cleartext', EXCLUDE_PUNCTUATION: 'true' })
        await using _ = suite.secrets
        const target = await suite.stored()
        // The clone is there already, locked: a run that is refused at the password has done all that comes before.
        const step = 'setSecret' as const
        const rotation = await suite.secrets.begin(target.secretId)
        await rotation.run('createSecret')
        const outcome = await rotation.attempt(step)
        expect(codeOf(outcome)).toBe('PasswordRejected')
        expect(saidBy(outcome)).toContain("SHOW VARIABLES LIKE '%password%'")
        expect(await target.works(target.value)).toBe(true)
        await suite.expectNoLeak()
      })
    })

    it('an unknown format is InvalidConfiguration, before anything is changed', async () => {
      for (const type of strategies) {
        const suite = await suiteWith(type, { MARIADB_PASSWORD_FORMAT: 'sha1' })
        await using _ = suite.secrets
        const error = await expectFailure(suite, await suite.stored(), {
          code: 'InvalidConfiguration',
          step: 'createSecret',
        })
        expect(error.errorMessage).toContain('MARIADB_PASSWORD_FORMAT')
      }
    })

    // The plugin came with 10.7.
    if (series === '10.5') return
    it('password_reuse_check lets all but dual-password rotate', async () => {
      await server.query("INSTALL SONAME 'password_reuse_check'")
      for (const type of strategies) {
        const suite = await suiteWith(type, { MARIADB_PASSWORD_FORMAT: 'cleartext' })
        await using _ = suite.secrets
        const target = await suite.stored()
        if (type.strategy !== 'dual-password') {
          await suite.secrets.rotate(target.secretId)
          continue
        }
        // The account would have to be given the password in use a second time.
        const error = await expectFailure(suite, target, { code: 'PasswordRejected', step: 'setSecret' })
        expect(error.errorMessage).toContain('password_reuse_check')
      }
      await server.query("UNINSTALL SONAME 'password_reuse_check'")
    })
  })
}

/** Lets the test itself give any password. */
async function lenient(server: TestServer, on: boolean): Promise<void> {
  const settings = {
    simple_password_check_other_characters: 1,
    simple_password_check_digits: 1,
    simple_password_check_letters_same_case: 1,
  }
  for (const [name, value] of Object.entries(settings))
    await server.query(`SET GLOBAL ${name} = ${on ? 0 : value}`).catch(() => undefined)
}
