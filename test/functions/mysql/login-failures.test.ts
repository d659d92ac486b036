import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FunctionError } from '../../../local/secrets-manager/functions/invocation.ts'
import type { ErrorCode } from '../../../shared/errors/catalogue.ts'
import type { Step } from '../../../shared/rotation/event.ts'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { connected, mariadbServer, mysqlServer } from '../../support/mysql.ts'
import { codeOf, saidBy } from '../../support/outcome.ts'
import { type OwnServer, ownMysql } from '../../support/own-mysql.ts'
import { randomName, randomPassword } from '../../support/random.ts'
import { loginIn } from '../databases/secret-string.ts'
import {
  alternatingUsers,
  dualPassword,
  everyStrategy,
  type MysqlType,
  secretString,
  singleUser,
} from './secret-types.ts'

const server = await mysqlServer()

for (const type of [singleUser(server), dualPassword(server, 'itself'), alternatingUsers(server, 'missing')]) {
  await loginFailures(type)
}

async function loginFailures(type: MysqlType) {
  const suite = await suiteFor(type)
  const { secrets, stored } = suite

  /** The step in which a refused login ends the rotation. */
  const refused = { code: 'LoginRefused', step: type.handChangeEndsIn ?? 'setSecret', stillWorks: false } as const

  /** Does something to the account, then expects a step to fail. */
  async function expectAfter(change: string, code: ErrorCode, step: Step = 'setSecret'): Promise<FunctionError> {
    const target = await stored()
    await server.query(`ALTER USER ?@? ${change}`, [loginIn(target.value).username, '%'])
    return expectFailure(suite, target, { code, step, stillWorks: false })
  }

  describe(`${type.title}, when the login fails`, { meta: { server: server.label } }, () => {
    afterAll(() => secrets[Symbol.asyncDispose]())

    it('ACCOUNT LOCK is LoginLocked, and the error says how to unlock it', async () => {
      expect((await expectAfter('ACCOUNT LOCK', 'LoginLocked')).errorMessage).toContain('ALTER USER ... ACCOUNT UNLOCK')
    })

    it('PASSWORD EXPIRE is LoginExpired', async () => {
      await expectAfter('PASSWORD EXPIRE', 'LoginExpired')
    })

    it('FAILED_LOGIN_ATTEMPTS that others have used up is LoginLocked, and the error names it', async () => {
      const target = await stored((store) =>
        type.make(store, { options: 'FAILED_LOGIN_ATTEMPTS 1 PASSWORD_LOCK_TIME 1' }),
      )
      const { username } = loginIn(target.value)
      await server.login({ username, password: randomPassword() }).catch(() => undefined)
      const error = await expectFailure(suite, target, { code: 'LoginLocked', step: 'setSecret', stillWorks: false })
      expect(error.errorMessage).toContain('FAILED_LOGIN_ATTEMPTS')
    })

    // Where a single user's step is repeated, AWSPENDING logs in and sets back what the server has counted.
    const sparing = type.strategy === 'single-user' ? [] : [2]
    it.each(sparing)('FAILED_LOGIN_ATTEMPTS %i and a password changed by hand: no step locks the account', async () => {
      const options = 'FAILED_LOGIN_ATTEMPTS 2 PASSWORD_LOCK_TIME UNBOUNDED'
      const target = await stored((store) => type.make(store, { options }))
      const byHand = { username: loginIn(target.value).username, password: randomPassword() }
      await server.query('ALTER USER ?@? IDENTIFIED BY ?', [byHand.username, '%', byHand.password])
      const rotation = await secrets.begin(target.secretId)
      await rotation.run('createSecret')
      for (const step of ['setSecret', 'setSecret', 'testSecret'] as const) {
        const outcome = await rotation.attempt(step)
        // It sets back what the server has counted.
        expect([step, await server.login(byHand)]).toEqual([step, expect.anything()])
        const ended = step === refused.step || refused.step === 'setSecret'
        expect([step, codeOf(outcome)]).toEqual([step, ended ? 'LoginRefused' : 'succeeded'])
      }
      await rotation.end()
    })

    it('an account whose MAX_USER_CONNECTIONS are all in use is ConnectionLimit', async () => {
      const target = await stored((store) => type.make(store, { options: 'WITH MAX_USER_CONNECTIONS 1' }))
      const { username: user, password } = loginIn(target.value)
      await using held = await connected({ host: server.host, port: server.port, user, password })
      const error = await expectFailure(suite, target, {
        code: 'ConnectionLimit',
        step: 'setSecret',
        stillWorks: false,
      })
      expect(error.errorMessage).toContain('Trying again can help.')
      await held.query('DO 1')
    })

    it('a database that is not there, or that the login may not use, is named as the cause', async () => {
      const dbname = randomName('gone')
      for (const [grant, code] of [
        ['SELECT ON *.*', 'DatabaseMissing'],
        ['APPLICATION_PASSWORD_ADMIN ON *.*', 'MissingPrivilege'],
      ] as const) {
        const target = await stored((store) =>
          type.make(store, { grants: [grant], fields: { dbname: JSON.stringify(dbname) } }),
        )
        const error = await expectFailure(suite, target, { code, step: 'setSecret', stillWorks: false })
        expect(error.errorMessage).toContain(`to database ${dbname}`)
      }
    })

    it('an account that asks for TLS works, and one that asks for a client certificate is refused', async () => {
      const target = await stored((store) => type.make(store, { options: 'REQUIRE SSL' }))
      await secrets.rotate(target.secretId)
      const error = await expectAfter('REQUIRE X509', refused.code, refused.step)
      expect(error.errorMessage).toContain('a certificate of the client')
    })

    it('an account that asks for TLS is refused in clear text, and REQUIRE is among the causes', async () => {
      const target = await stored((store) => type.make(store, { options: 'REQUIRE SSL', fields: { ssl: 'false' } }))
      const error = await expectFailure(suite, target, refused)
      expect(error.errorMessage).toContain('the account asks for TLS (REQUIRE SSL or X509)')
    })

    it('an account of a plugin that is gone is LoginMethod, with the statement that mends it', async () => {
      const target = await stored()
      const { username } = loginIn(target.value)
      await server.query("UPDATE mysql.user SET plugin = 'mysql_native_password' WHERE user = ?", [username])
      await server.query('FLUSH PRIVILEGES')
      const error = await expectFailure(suite, target, { code: 'LoginMethod', step: 'setSecret', stillWorks: false })
      expect(error.errorMessage).toContain('ALTER USER ... IDENTIFIED WITH caching_sha2_password BY')
    })

    it('an account whose plugin asks for no password is refused, and the error has that cause', async () => {
      await server.query('INSTALL PLUGIN auth_socket SONAME "auth_socket.so"').catch(() => undefined)
      const target = await stored()
      const { username } = loginIn(target.value)
      await server.query('ALTER USER ?@? IDENTIFIED WITH auth_socket', [username, '%'])
      const error = await expectFailure(suite, target, refused)
      expect(error.errorMessage).toContain('a plugin that takes no password (auth_socket')
    })

    it('a MariaDB is WrongServer, and is left as it is', async () => {
      const other = await mariadbServer('10.11')
      const username = randomName()
      const password = randomPassword()
      await other.query('CREATE USER ?@? IDENTIFIED BY ?', [username, '%', password])
      const env = { DATABASE_CA_BUNDLE: other.ca }
      const here = await suiteFor({ ...type, function: { ...type.function, env } })
      await using _ = here.secrets
      const masterarn = '"arn:aws:secretsmanager:us-east-1:000000000000:secret:unused-aaaaaa"'
      const value = secretString({ port: other.port }, { username, password }, { masterarn })
      const target = await here.stored(async () => ({
        ...(await type.make(here.secrets)),
        value,
        works: async () => (await other.login({ username, password })) !== undefined,
      }))
      const rotation = await here.secrets.begin(target.secretId)
      await rotation.run('createSecret')
      const outcome = await rotation.attempt('setSecret')
      expect(codeOf(outcome)).toBe('WrongServer')
      expect(saidBy(outcome)).toContain('MariaDB')
      expect(await other.login({ username, password })).toBeDefined()
    })

    it('leaves no secret value in any output', async () => {
      await suite.expectNoLeak(await server.log())
    })
  })
}

describe('a MySQL server', {
  meta: { server: 'MySQL (of its own)' },
}, () => {
  let own: OwnServer
  beforeAll(async () => {
    own = await ownMysql()
  })
  afterAll(() => own[Symbol.asyncDispose]())

  for (const [name, make] of Object.entries(everyStrategy)) {
    it(`that is read-only is ReadOnlyServer for ${name}, before anything is tried`, async () => {
      const suite = await suiteFor(make(own))
      await using _ = suite.secrets
      const target = await suite.stored()
      await own.query('SET GLOBAL super_read_only = ON')
      const start = (await own.log()).length
      const error = await expectFailure(suite, target, { code: 'ReadOnlyServer', step: 'setSecret' })
      expect(error.errorMessage).toContain("Use the primary's (writer's) host name")
      expect(await own.log(start)).not.toMatch(/\t(ALTER|CREATE|GRANT)/)
      await own.query('SET GLOBAL super_read_only = OFF, read_only = OFF')
    })
  }

  for (const [name, make] of Object.entries(everyStrategy)) {
    it(`whose init_connect fails is named by ${name}, with the advice not to retry`, async () => {
      const suite = await suiteFor(make(own))
      await using _ = suite.secrets
      const target = await suite.stored()
      await own.query("SET GLOBAL init_connect = 'INSERT INTO audit.logins VALUES (1)'")
      const failure = { code: 'DatabaseFailed', step: 'setSecret', stillWorks: false } as const
      const error = await expectFailure(suite, target, failure)
      expect(error.errorMessage).toContain('init_connect fails for this login')
      expect(error.errorMessage).toContain('Trying again does not help')
      await own.query("SET GLOBAL init_connect = ''")
    })
  }

  it('that has an anonymous account before the login refuses it, and the error speaks of hosts', async () => {
    const suite = await suiteFor(singleUser(own))
    await using _ = suite.secrets
    const target = await suite.stored()
    await own.query("CREATE USER ''@'localhost'")
    const error = await expectFailure(suite, target, { code: 'LoginRefused', step: 'setSecret', stillWorks: false })
    expect(error.errorMessage).toContain('at this host')
    await own.query("DROP USER ''@'localhost'")
  })
})
