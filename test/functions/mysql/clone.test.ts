import { randomUUID } from 'node:crypto'
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { connected, mysqlServer, quoted } from '../../support/mysql.ts'
import { randomName, randomPassword } from '../../support/random.ts'
import { fourSteps, type RotationByHand } from '../../support/secrets-manager.ts'
import type { TestLogin } from '../../support/test-server.ts'
import { databaseFunction } from '../databases/database-type.ts'
import type { AccountWish } from '../databases/mysql-accounts.ts'
import { loginIn } from '../databases/secret-string.ts'
import { cloneOf } from '../databases/target.ts'
import { createClone } from './accounts.ts'
import { alternatingUsers } from './secret-types.ts'

const server = await mysqlServer()
const suite = await suiteFor(alternatingUsers(server, 'missing'))
const { secrets, type } = suite

async function stored(wish: AccountWish = {}) {
  const made = await type.make(secrets, wish)
  const { base, master } = made
  return { ...(await suite.stored(async () => made)), base, master: master?.username ?? '', clone: cloneOf(base) }
}

/** What CREATE USER would make an account of, without its password. */
async function options(username: string, host = '%'): Promise<string> {
  const [row = {}] = await server.query('SHOW CREATE USER ?@?', [username, host])
  const [text] = Object.values(row)
  return String(text).replace(/^.*? REQUIRE /s, 'REQUIRE ')
}

async function put(SecretId: string, SecretString: string): Promise<void> {
  const ClientRequestToken = randomUUID()
  await secrets.client.send(new PutSecretValueCommand({ SecretId, SecretString, ClientRequestToken }))
}

describe('the clone', { meta: { server: server.label } }, () => {
  afterAll(() => secrets[Symbol.asyncDispose]())

  for (const given of [
    'REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 1000 MAX_USER_CONNECTIONS 7',
    'PASSWORD EXPIRE INTERVAL 90 DAY PASSWORD HISTORY 5 PASSWORD REUSE INTERVAL 3 DAY PASSWORD REQUIRE CURRENT',
    'FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 2',
  ]) {
    it(`gets the options of the base when it is made, and when they are changed: ${given}`, async () => {
      const [early, late] = [await stored({ options: '' }), await stored()]
      for (const target of [early, late]) {
        if (target === late) await secrets.rotate(target.secretId)
        const [before, rotation] = [await options(target.clone).catch(() => ''), await secrets.begin(target.secretId)]
        await rotation.run('createSecret')
        await server.query(`ALTER USER ?@? ${given}`, [target.base.username, '%'])
        await rotation.run('setSecret')
        await rotation.end()
        expect(await options(target.clone)).toBe(await options(target.base.username))
        expect(await options(target.clone)).not.toBe(before)
      }
    })
  }

  for (const mark of ["'", '\\']) {
    it(`is made with any salt in the hash, also with ${mark} in it`, async () => {
      const target = await stored()
      const { username, password } = target.base
      const query = 'SELECT 1 FROM mysql.user WHERE user = ? AND LOCATE(?, authentication_string)'
      while ((await server.query(query, [username, mark])).length === 0)
        await server.query('ALTER USER ?@? IDENTIFIED BY ?', [username, '%', password])
      await secrets.rotate(target.secretId)
      expect(loginIn(await target.stagedValue('AWSCURRENT')).username).toBe(target.clone)
    })
  }

  it('has an account for each host of the base, also for one that comes later', async () => {
    const target = await stored({ hosts: ['%', 'localhost', '10.1.%'] })
    const hosts = async () =>
      (await server.query('SELECT host FROM mysql.user WHERE user = ? ORDER BY host', [target.clone])).map(
        (row) => row.host,
      )
    await secrets.rotate(target.secretId)
    expect(await hosts()).toEqual(['%', '10.1.%', 'localhost'])
    await secrets.rotate(target.secretId)
    const { username, password } = loginIn(await target.stagedValue('AWSCURRENT'))
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [username, '10.2.%', password])
    await secrets.rotate(target.secretId)
    expect(await hosts()).toEqual(['%', '10.1.%', '10.2.%', 'localhost'])
  })

  it('logs in by the same plugin as the base, also after the base has changed to another', async () => {
    const target = await stored()
    const plugins = async () =>
      (await server.query('SELECT plugin FROM mysql.user WHERE user LIKE ?', [`${target.base.username}%`])).map(
        (row) => row.plugin,
      )
    await secrets.rotate(target.secretId)
    expect(await plugins()).toEqual(['caching_sha2_password', 'caching_sha2_password'])
    const { username } = target.base
    await server.query('ALTER USER ?@? IDENTIFIED WITH sha256_password BY ?', [username, '%', randomPassword()])
    for (let round = 0; round < 2; round++) await secrets.rotate(target.secretId)
    expect(await plugins()).toEqual(['sha256_password', 'sha256_password'])
  })

  it('is adopted from a function that copies grants, and keeps the rights that the base has, too', async () => {
    const [target, database] = [await stored(), randomName('d')]
    await server.query(`CREATE DATABASE ${database}`)
    await server.query(`CREATE TABLE ${database}.t (a INT)`)
    await server.query('GRANT ALL ON *.* TO ?@? WITH GRANT OPTION', [target.master, '%'])
    const [clone, base] = [quoted(target.clone), quoted(target.base.username)]
    const password = randomPassword()
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [target.clone, '%', password])
    const rights =
      'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE VIEW, SHOW VIEW, TRIGGER'
    await server.query(`GRANT ${rights} ON ${database}.* TO ${base}`)
    await server.query(`GRANT ALL ON ${database}.* TO ${clone}`)
    // The secret has had that login's password before.
    const older = JSON.stringify({ ...JSON.parse(target.value), username: target.clone, password })
    for (const value of [older, target.value]) await put(target.secretId, value)
    await using session = await connected({ host: server.host, port: server.port, user: target.clone, password })
    await secrets.rotate(target.secretId)
    expect(loginIn(await target.stagedValue('AWSCURRENT')).username).toBe(target.clone)
    const rows = (await server.query('SHOW GRANTS FOR ?@?', [target.clone, '%'])).map((row) => Object.values(row)[0])
    expect(rows).toEqual([
      `GRANT USAGE ON *.* TO ${clone}@\`%\``,
      `GRANT ${rights} ON \`${database}\`.* TO ${clone}@\`%\``,
      `GRANT ${base}@\`%\` TO ${clone}@\`%\``,
    ])
    await session.query(`SELECT * FROM ${database}.t`)
  })

  it('loses what it was given by hand beyond the base', async () => {
    const target = await stored()
    for (let round = 0; round < 2; round++) await secrets.rotate(target.secretId)
    await server.query('GRANT PROCESS, SHOW DATABASES ON *.* TO ?@?', [target.clone, '%'])
    await server.query('GRANT ALL ON *.* TO ?@? WITH GRANT OPTION', [target.master, '%'])
    await secrets.rotate(target.secretId)
    const rows = (await server.query('SHOW GRANTS FOR ?@?', [target.clone, '%'])).map((row) => Object.values(row)[0])
    expect(rows[0]).toBe(`GRANT USAGE ON *.* TO ${quoted(target.clone)}@\`%\``)
    expect(secrets.output()).toContain('has PROCESS, SHOW DATABASES ON *.*')
  })

  /** Rotates, expects that ADMIN OPTION ends it, runs the statements that it prints, and expects that it goes on then. */
  async function expectOption(target: Awaited<ReturnType<typeof stored>>, printed: RegExp, each?: () => Promise<void>) {
    let begun: RotationByHand | undefined
    const before = async (rotation: RotationByHand) => {
      begun = rotation
    }
    const inUse = { ...target, value: await target.stagedValue('AWSCURRENT') }
    const refused = { code: 'PrivilegesDiffer', step: 'setSecret', stillWorks: true, before } as const
    const { errorMessage } = await expectFailure(suite, inUse, refused)
    expect(errorMessage).toContain('WITH ADMIN OPTION, and')
    const statements = printed.exec(errorMessage)?.[1]?.split(/(?<=;) /) ?? []
    expect(statements).not.toEqual([])
    for (const statement of statements) {
      await server.query(statement)
      await each?.()
    }
    await begun?.run('setSecret', 'testSecret', 'finishSecret')
    await begun?.end()
  }
  const sessionOf = ({ username: user, password }: TestLogin) =>
    connected({ host: server.host, port: server.port, user, password })

  /** A target whose base has its rights through a role. */
  async function storedWithRole() {
    const [target, role] = [await stored(), randomName('r')]
    await server.query(`CREATE ROLE ${role}`)
    await server.query(`GRANT SELECT ON mysql.* TO ${role}`)
    await server.query(`GRANT ${role} TO ?`, [target.base.username])
    await server.query('SET DEFAULT ROLE ALL TO ?', [target.base.username])
    return { ...target, role }
  }
  const works = 'SELECT 1 FROM mysql.user LIMIT 1'

  it("keeps a role that its sessions run with, also when the error's statements are run", async () => {
    const target = await storedWithRole()
    const login = { username: target.clone, password: randomPassword() }
    // As AWS's function leaves it: with the role of the base, and not with the base as a role.
    await server.query('CREATE USER ? IDENTIFIED BY ?', [login.username, login.password])
    await server.query(`GRANT ${target.role} TO ? WITH ADMIN OPTION`, [login.username])
    await server.query('SET DEFAULT ROLE ALL TO ?', [login.username])
    await put(target.secretId, JSON.stringify({ ...JSON.parse(target.value), ...login }))
    await using open = await sessionOf(login)
    await expectOption(target, /If not, .*?: (GRANT .*;) Then/, async () => {
      await using anew = await sessionOf(login)
      await anew.query(works)
    })
    await open.query(works)
    await expect(open.query(`GRANT ${target.role} TO ?`, [target.base.username])).rejects.toThrow('Access denied')
  })

  it('may hand on a role where the base may, too', async () => {
    const target = await storedWithRole()
    for (let round = 0; round < 2; round++) await secrets.rotate(target.secretId)
    await server.query(`GRANT ${target.role} TO ? WITH ADMIN OPTION`, [target.clone])
    await expectOption(target, /both may hand it on: (GRANT .*?;) If/)
    await using session = await sessionOf(loginIn(await target.stagedValue('AWSPREVIOUS')))
    await session.query(`GRANT ${target.role} TO ?`, [target.clone])
  })

  it('is not the next login while it may hand on the base itself, and keeps its sessions', async () => {
    const target = await storedWithRole()
    await secrets.rotate(target.secretId)
    const login = loginIn(await target.stagedValue('AWSCURRENT'))
    await server.query('GRANT ? TO ? WITH ADMIN OPTION', [target.base.username, target.clone])
    await using open = await sessionOf(login)
    await secrets.rotate(target.secretId)
    await expectOption(target, /GRANT: (REVOKE .*;) Then/)
    await open.query(works)
    await expect(open.query('GRANT ? TO ?', [target.base.username, target.master])).rejects.toThrow('Access denied')
    await using anew = await sessionOf(loginIn(await target.stagedValue('AWSCURRENT')))
    await anew.query(works)
  })

  it('keeps no second password from another strategy', async () => {
    const target = await stored()
    const clone = await createClone(server, target.base)
    await server.query('ALTER USER ?@? IDENTIFIED BY ? RETAIN CURRENT PASSWORD', [
      clone.username,
      '%',
      randomPassword(),
    ])
    await secrets.rotate(target.secretId)
    expect(await server.login(clone)).toBeUndefined()
  })

  it('is reported where it is the definer of views or routines', async () => {
    const [target, database] = [await stored(), randomName('d')]
    await createClone(server, target.base)
    await server.query(`CREATE DATABASE ${database}`)
    await server.query(`CREATE DEFINER = ${quoted(target.clone)} VIEW ${database}.v AS SELECT 1`)
    await server.query('GRANT SHOW VIEW, SELECT ON *.* TO ?@?', [target.master, '%'])
    await secrets.rotate(target.secretId)
    expect(secrets.output()).toContain(`${target.clone} is the definer of`)
  })

  for (const [what, statement] of [
    ['the role is not its default any more', 'SET DEFAULT ROLE NONE TO ?@?'],
    ['the role was taken away', 'REVOKE ??@`%` FROM ?@?'],
  ] as const) {
    it(`testSecret fails where ${what}`, async () => {
      const target = await stored()
      const base = statement.includes('??') ? [target.base.username] : []
      const before = () => server.query(statement, [...base, target.clone, '%'])
      const error = await expectFailure(suite, target, { code: 'PrivilegesDiffer', step: 'testSecret', before })
      expect(error.errorMessage).toContain(`\`${target.base.username}\`@\`%\``)
    })
  }

  it('a superuser that administers the base as a role needs no ROLE_ADMIN', async () => {
    const target = await stored()
    await server.query('REVOKE ROLE_ADMIN ON *.* FROM ?@?', [target.master, '%'])
    await server.query('GRANT ?@? TO ?@? WITH ADMIN OPTION', [target.base.username, '%', target.master, '%'])
    await secrets.rotate(target.secretId)
    expect(loginIn(await target.stagedValue('AWSCURRENT')).username).toBe(target.clone)
  })

  it('has a name of 32 characters at the most, or as many as USERNAME_CHARACTER_LIMIT says', async () => {
    const limited = {
      ...type,
      function: databaseFunction('mysql/alternating-users', server, { USERNAME_CHARACTER_LIMIT: '20' }),
    }
    for (const [kind, length, limit] of [
      [type, 27, 32],
      [limited, 15, 20],
    ] as const) {
      const here = await suiteFor(kind)
      await using _ = here.secrets
      const target = await here.stored((store) => type.make(store, { length }))
      const error = await expectFailure(here, target, { code: 'NameTooLong', step: 'createSecret' })
      expect(error.errorMessage).toContain(`would exceed ${limit} characters`)
    }
  })

  it('is made with its role in one statement and gets its password last, so that a killed run can go on', async () => {
    for (const existing of [false, true]) {
      const target = await stored()
      if (existing) await createClone(server, target.base)
      await server.query('ALTER USER ?@? WITH MAX_USER_CONNECTIONS 9', [target.base.username, '%'])
      const rotation = await secrets.begin(target.secretId)
      await rotation.run('createSecret')
      const start = (await server.log()).length
      await rotation.run(...fourSteps.slice(1))
      const lines = (await server.log(start)).split('\n').filter((line) => line.includes(`'${target.clone}'@'%'`))
      const made = lines.filter((line) => /\t(CREATE|ALTER|GRANT|SET DEFAULT)/.test(line))
      expect(made.at(-1)).toContain('IDENTIFIED WITH')
      expect(made.at(-2)).toContain('MAX_USER_CONNECTIONS 9')
      if (!existing) expect(made[0]).toContain(`DEFAULT ROLE ${quoted(target.base.username)}`)
    }
  })

  it('leaves no secret value in any output', async () => {
    await suite.expectNoLeak(await server.log())
  })
})
