import { afterAll, describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../../shared/errors/catalogue.ts'
import type { Step } from '../../../shared/rotation/event.ts'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { connected, mariadbServer, mysqlServer, type TestServer } from '../../support/mysql.ts'
import { codeOf, saidBy } from '../../support/outcome.ts'
import { ownMariadb } from '../../support/own-mysql.ts'
import { randomName, randomPassword } from '../../support/random.ts'
import { secretsManagerFor } from '../../support/secrets-manager.ts'
import { databaseFunction } from '../databases/database-type.ts'
import { loginIn } from '../databases/secret-string.ts'
import { alternatingUsers, dualPassword, type MariadbType, singleUser } from './secret-types.ts'

const strategies = (server: TestServer) => [
  singleUser(server),
  dualPassword(server, 'a superuser'),
  alternatingUsers(server, 'missing'),
]

for (const series of ['10.5', '11.8'] as const) {
  const server = await mariadbServer(series)
  for (const type of strategies(server)) await loginFailures(server, type)
}

async function loginFailures(server: TestServer, type: MariadbType) {
  const suite = await suiteFor(type)
  const { secrets, stored } = suite

  /** Does something to the account, then expects a step to fail, and undoes it. */
  async function expectAfter(change: string, undo: string, code: ErrorCode, step: Step = 'setSecret') {
    const target = await stored()
    const { username } = loginIn(target.value)
    await server.query(`ALTER USER ?@'%' ${change}`, [username])
    const error = await expectFailure(suite, target, { code, step, stillWorks: false })
    await server.query(`ALTER USER ?@'%' ${undo}`, [username])
    expect(await target.works(target.value)).toBe(true)
    return error
  }

  describe(`${type.title}, when the login fails`, { meta: { server: server.label } }, () => {
    afterAll(() => secrets[Symbol.asyncDispose]())

    it('a locked account is LoginLocked, and the error says how to unlock it', async () => {
      const error = await expectAfter('ACCOUNT LOCK', 'ACCOUNT UNLOCK', 'LoginLocked')
      expect(error.errorMessage).toContain('ACCOUNT UNLOCK')
    })

    it('an expired password is LoginExpired, not a wrong password', async () => {
      const target = await stored()
      const { username, password } = loginIn(target.value)
      await server.query("ALTER USER ?@'%' PASSWORD EXPIRE", [username])
      await expectFailure(suite, target, { code: 'LoginExpired', step: 'setSecret', stillWorks: false })
      await server.query("ALTER USER ?@'%' IDENTIFIED BY ?", [username, password])
    })

    it('a database that is not there is DatabaseMissing, not a wrong password', async () => {
      const dbname = JSON.stringify(randomName('gone'))
      const target = await stored((store) => type.withFields(store, { dbname }))
      // A login that may not see any database is not told that one is missing.
      await server.query("GRANT SELECT ON *.* TO ?@'%'", [loginIn(target.value).username])
      await expectFailure(suite, target, { code: 'DatabaseMissing', step: 'setSecret', stillWorks: false })
    })

    it('an account whose connections are all in use is ConnectionLimit', async () => {
      const target = await stored()
      const { username: user, password } = loginIn(target.value)
      await server.query("ALTER USER ?@'%' WITH MAX_USER_CONNECTIONS 1", [user])
      await using held = await connected({ host: server.host, port: server.port, user, password })
      const expected = { code: 'ConnectionLimit', step: 'setSecret', stillWorks: false } as const
      const error = await expectFailure(suite, target, expected)
      expect(error.errorMessage).toContain('Trying again can help.')
      await held.query('SELECT 1')
    })

    it('an account that asks for a certificate of the client is LoginRefused', () =>
      expectAfter('REQUIRE X509', 'REQUIRE NONE', 'LoginRefused', type.handChangeEndsIn))

    it('an account that asks for TLS rotates with it', async () => {
      const target = await stored((store) => type.make(store, { options: 'REQUIRE SSL' }))
      await secrets.rotate(target.secretId)
      const { username: user, password } = loginIn(await target.stagedValue('AWSCURRENT'))
      const login = { host: server.host, port: server.port, user, password }
      await expect(connected(login)).rejects.toThrow('denied')
      await using client = await connected({ ...login, ssl: { rejectUnauthorized: false } })
      await client.query('SELECT 1')
    })

    it('leaves no secret value in any output', async () => {
      await suite.expectNoLeak(await server.log())
    })
  })
}

for (const series of ['10.5', '11.8'] as const) {
  describe(`settings of MariaDB ${series}`, { meta: { server: `MariaDB ${series}` } }, () => {
    it('that change the meaning of quotes change no rotation', async () => {
      await using server = await ownMariadb(series, {
        'character-set-server': 'latin1',
        'init-connect': "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', sql_quote_show_create = 0",
      })
      for (const type of strategies(server)) {
        const suite = await suiteFor(type)
        await using _ = suite.secrets
        const options = 'WITH MAX_USER_CONNECTIONS 30'
        await server.query("SET SESSION sql_mode = ''")
        const target = await suite.stored((store) => type.make(store, { name: `We"i\`d 'é\\`, options }))
        await server.query("SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'")
        await suite.secrets.rotate(target.secretId)
        await suite.secrets.rotate(target.secretId)
        const AWSCURRENT = await target.stagedValue('AWSCURRENT')
        // The test's own statements must not depend on it.
        await server.query("SET GLOBAL sql_mode = ''")
        expect(await target.works(AWSCURRENT)).toBe(true)
      }
    })

    it('read_only is ReadOnlyServer, before anything is tried', async () => {
      await using server = await ownMariadb(series)
      for (const type of strategies(server)) {
        const suite = await suiteFor(type)
        await using _ = suite.secrets
        // A superuser could write all the same, and the primary would know nothing of it.
        const target = await suite.stored((store) => type.make(store, { master: server.superuser }))
        await server.query('SET GLOBAL read_only = ON')
        await expectFailure(suite, target, { code: 'ReadOnlyServer', step: 'setSecret' })
        await server.query('SET GLOBAL read_only = OFF')
      }
    })

    it('disconnect_on_expired_password: an expired password is still LoginExpired', async () => {
      await using server = await ownMariadb(series, { 'disconnect-on-expired-password': 'ON' })
      const suite = await suiteFor(singleUser(server))
      await using _ = suite.secrets
      const target = await suite.stored()
      await server.query("ALTER USER ?@'%' PASSWORD EXPIRE", [loginIn(target.value).username])
      await expectFailure(suite, target, { code: 'LoginExpired', step: 'setSecret', stillWorks: false })
    })

    it('max_password_errors: a user that others have blocked is LoginLocked; a rotation blocks nobody', async () => {
      await using server = await ownMariadb(series, { 'max-password-errors': '1' })
      for (const type of strategies(server)) {
        // Whose password dies at once tries it again where the step is repeated.
        const isSingle = type.strategy === 'single-user'
        await server.query('SET GLOBAL max_password_errors = 1')
        if (isSingle) {
          const refusing = await suiteFor(type)
          await using _refusing = refusing.secrets
          await expectFailure(refusing, await refusing.stored(), { code: 'LoginLocked', step: 'setSecret' })
          await server.query('SET GLOBAL max_password_errors = 3')
        }
        const suite = await suiteFor(type)
        await using _ = suite.secrets
        const target = await suite.stored()
        for (const _round of [1, 2, 3]) await suite.secrets.rotate(target.secretId)
        const AWSCURRENT = await target.stagedValue('AWSCURRENT')
        const { username } = loginIn(AWSCURRENT)
        for (const _time of isSingle ? [1, 2, 3] : [1])
          expect(await server.login({ username, password: 'wrong' })).toBeUndefined()
        const rotation = await suite.secrets.begin(target.secretId)
        await rotation.run('createSecret')
        const isDual = type.strategy === 'dual-password'
        if (isDual) await rotation.run('setSecret')
        const outcome = await rotation.attempt(isDual ? 'testSecret' : 'setSecret')
        // Of an account with two passwords the server says no more than that it does not let it in.
        const expected = isDual ? 'LoginRefused' : 'LoginLocked'
        expect(codeOf(outcome)).toBe(expected)
        if (expected === 'LoginLocked') expect(saidBy(outcome)).toContain('FLUSH PRIVILEGES')
        await server.query('FLUSH PRIVILEGES')
        await rotation.run('setSecret', 'testSecret', 'finishSecret')
        await rotation.end()
        // Where a single user's step is repeated, AWSPENDING logs in and sets back what the server has counted.
        if (isSingle) continue
        await server.query('SET GLOBAL max_password_errors = 2')
        await noStepLocks(server, type)
      }
    })

    it('an anonymous account that stands before the login is never given a password', async () => {
      await using server = await ownMariadb(series)
      for (const type of strategies(server)) {
        const suite = await suiteFor(type)
        await using _ = suite.secrets
        const target = await suite.stored()
        const { password } = loginIn(target.value)
        await server.query("CREATE USER ''@'localhost' IDENTIFIED BY ?", [password])
        const [before] = await server.query("SHOW CREATE USER ''@'localhost'")
        const error = await expectFailure(suite, target, { code: 'LoginMethod', step: 'setSecret', stillWorks: false })
        expect(error.errorMessage).toContain("DROP USER ''@")
        expect((await server.query("SHOW CREATE USER ''@'localhost'"))[0]).toEqual(before)
        await server.query("DROP USER ''@'localhost'")
      }
    })

    it('a server without TLS is sent nothing, unless the secret says so', async () => {
      await using server = await ownMariadb(series, { ssl: 'OFF' })
      for (const type of strategies(server)) {
        const suite = await suiteFor(type)
        await using _ = suite.secrets
        const target = await suite.stored()
        await expectFailure(suite, target, { code: 'TlsUnavailable', step: 'setSecret' })
      }
      const type = singleUser(server)
      const suite = await suiteFor(type)
      await using _ = suite.secrets
      const target = await suite.stored((store) => type.withFields(store, { ssl: 'false' }))
      await suite.secrets.rotate(target.secretId)
    })
  })
}

/** After two wrong passwords, with the password changed by hand. */
async function noStepLocks(server: TestServer, type: MariadbType) {
  const { secrets, stored } = await suiteFor(type)
  await using _ = secrets
  const target = await stored()
  const byHand = { username: loginIn(target.value).username, password: randomPassword() }
  await server.query("ALTER USER ?@'%' IDENTIFIED BY ?", [byHand.username, byHand.password])
  const rotation = await secrets.begin(target.secretId)
  await rotation.run('createSecret')
  for (const step of ['setSecret', 'setSecret', 'testSecret'] as const) {
    const outcome = await rotation.attempt(step)
    // It sets back what the server has counted.
    expect([step, await server.login(byHand)]).toEqual([step, expect.anything()])
    const ended = step === 'testSecret' || type.handChangeEndsIn !== 'testSecret'
    expect([step, codeOf(outcome)]).toEqual([step, ended ? 'LoginRefused' : 'succeeded'])
  }
  await rotation.end()
}

describe('a MySQL in place of a MariaDB', async () => {
  const [mariadb, mysql] = [await mariadbServer('11.8'), await mysqlServer()]

  it('is WrongServer, and nothing is changed there', async () => {
    const password = `Pw-${crypto.randomUUID()}`
    const username = randomName()
    await mysql.query('CREATE USER ? IDENTIFIED BY ?', [username, password])
    for (const strategy of ['single-user', 'dual-password', 'alternating-users'] as const) {
      const type = { ...singleUser(mariadb), function: databaseFunction(`mariadb/${strategy}`, mysql) }
      const suite = await suiteFor(type)
      await using _ = suite.secrets
      const fields = { engine: 'mariadb', host: 'localhost', port: mysql.port, username, password }
      const masterarn = await suite.secrets.store(JSON.stringify(fields))
      const secretId = await suite.secrets.store(JSON.stringify({ ...fields, masterarn }))
      const rotation = await suite.secrets.begin(secretId)
      await rotation.run('createSecret')
      const outcome = await rotation.attempt('setSecret')
      expect(codeOf(outcome)).toBe('WrongServer')
      expect(saidBy(outcome)).toContain('is MySQL')
      expect(await mysql.login({ username, password })).toBeDefined()
    }
  })
})

describe('a MariaDB with skip-grant-tables', { meta: { server: 'MariaDB 10.5, 11.8 (of their own)' } }, () => {
  for (const series of ['10.5', '11.8'] as const) {
    it(`${series} is named as such a server, and nothing is changed`, async () => {
      await using server = await ownMariadb(series, { 'skip-grant-tables': 'ON', 'init-file': '/dev/null' })
      const secrets = await secretsManagerFor(databaseFunction('mariadb/single-user', { ca: '' }))
      await using _ = secrets
      const value = {
        username: 'app',
        password: 'the-first-password',
        host: server.host,
        port: server.port,
        ssl: false,
      }
      const rotation = await secrets.begin(await secrets.store(JSON.stringify(value)))
      await rotation.run('createSecret')
      const outcome = await rotation.attempt('setSecret')
      expect(outcome).toMatchObject({ ok: false, error: { errorType: 'LoginMethod' } })
      expect(outcome.logs).toContain('The server runs with skip-grant-tables')
    })
  }
})
