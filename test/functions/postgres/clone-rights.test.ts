import { afterAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { saidBy } from '../../support/outcome.ts'
import { postgresServer, quoted } from '../../support/postgres.ts'
import { randomName } from '../../support/random.ts'
import type { TestLogin } from '../../support/test-server.ts'
import { loginIn } from '../databases/secret-string.ts'
import { cloneOf } from '../databases/target.ts'
import { administer, createClone, createRole } from './roles.ts'
import { alternatingUsers } from './secret-types.ts'

/** The statement that an error prints as the remedy. */
function remedyIn(message: string): string {
  return /As an administrator: (.+?;) Trying/s.exec(message)?.[1] ?? 'no statement in the error'
}

for (const major of [18, 15] as const) {
  const server = await postgresServer(major)
  const suite = await suiteFor(alternatingUsers(server, 'missing'))
  const { secrets, type } = suite

  async function stored(attributes: string, name = '') {
    const master = () => createRole(server, { attributes, name })
    const made = await type.make(secrets, { master, name })
    if (made.master === undefined) throw new Error('no master')
    return { ...(await suite.stored(async () => made)), base: made.base, master: made.master }
  }

  /** Fails with the code, does what the error says as an administrator, and then goes through. */
  async function expectMended(target: Awaited<ReturnType<typeof stored>>) {
    const { errorMessage } = await expectFailure(suite, target, { code: 'MissingPrivilege', step: 'setSecret' })
    const remedy = remedyIn(errorMessage)
    await server.query(remedy)
    const secretId = await secrets.store(target.value)
    await secrets.rotate(secretId)
    return remedy
  }

  describe(`the rights of the superuser, on ${server.label}`, { meta: { server: server.label } }, () => {
    afterAll(() => secrets[Symbol.asyncDispose]())

    it('CREATEROLE: the error prints the statement, and the statement mends it', async () => {
      const target = await stored('', `"odd' `)
      if (major >= 16) await administer(server, target.base.username, target.master)
      expect(await expectMended(target)).toBe(`ALTER ROLE ${quoted(target.master.username)} CREATEROLE;`)
    })

    if (major >= 16) {
      it('ADMIN OPTION on the base: the error prints the GRANT, the GRANT mends it, nothing is changed before', async () => {
        const target = await stored('CREATEROLE', `"odd' `)
        const grant = `GRANT ${quoted(target.base.username)} TO ${quoted(target.master.username)} WITH ADMIN OPTION;`
        expect(await expectMended(target)).toBe(grant)
      })

      it('ADMIN OPTION on a clone that somebody else has made: the GRANT of the error mends it', async () => {
        const target = await stored('CREATEROLE')
        await administer(server, target.base.username, target.master)
        const { username } = await createClone(server, target.base)
        expect(await expectMended(target)).toContain(`GRANT ${quoted(username)} TO `)
      })

      it('membership without ADMIN OPTION does not suffice', async () => {
        const target = await stored('CREATEROLE')
        await server.query(`GRANT ${quoted(target.base.username)} TO ${quoted(target.master.username)}`)
        await expectMended(target)
      })
    } else {
      it('CREATEROLE alone, before PostgreSQL 16', async () => {
        const { secretId } = await stored('CREATEROLE')
        await secrets.rotate(secretId)
      })
    }

    for (const [attribute, before16] of [
      ['REPLICATION', 'SUPERUSER'],
      ['BYPASSRLS', 'SUPERUSER'],
      ['CREATEDB', undefined],
      ['SUPERUSER', 'SUPERUSER'],
    ] as const) {
      const statement = major >= 16 ? attribute : before16
      if (statement === undefined) continue
      it(`${attribute} of the base: the error prints the statement, and no half-made clone is left before`, async () => {
        const target = await stored('CREATEROLE')
        if (major >= 16) await administer(server, target.base.username, target.master)
        await server.query(`ALTER ROLE ${quoted(target.base.username)} ${attribute}`)
        expect(await expectMended(target)).toBe(`ALTER ROLE ${quoted(target.master.username)} ${statement};`)
      })
    }

    it('catalogs that were taken from PUBLIC: the error prints the GRANT, for each of the logins that read them', async () => {
      const database = randomName('private')
      await server.query(`CREATE DATABASE ${database}`)
      await using admin = await server.admin(database)
      await admin.query('REVOKE SELECT ON pg_roles FROM PUBLIC')
      const made = await stored('CREATEROLE')
      if (major >= 16) await administer(server, made.base.username, made.master)
      const value = JSON.stringify({ ...JSON.parse(made.value), dbname: database })
      const works = async (text: string) => (await server.login(loginIn(text))) !== undefined
      const target = await suite.stored(async () => ({ ...made, value, works }))
      const { errorMessage } = await expectFailure(suite, target, { code: 'MissingPrivilege', step: 'setSecret' })
      expect(remedyIn(errorMessage)).toContain(`TO ${quoted(made.master.username)};`)
      await admin.query(remedyIn(errorMessage))

      const rotation = await secrets.begin(await secrets.store(value))
      await rotation.run('createSecret', 'setSecret')
      const outcome = await rotation.attempt('testSecret')
      const ofTest = saidBy(outcome)
      expect(remedyIn(ofTest)).toContain(`TO ${quoted(made.base.username)};`)
      await admin.query(remedyIn(ofTest))
      await rotation.run('testSecret', 'finishSecret')
    })

    it('CONNECT on the database: the error prints the GRANT', async () => {
      const database = randomName('closed')
      await server.query(`CREATE DATABASE ${database}`)
      await server.query(`REVOKE CONNECT ON DATABASE ${database} FROM PUBLIC`)
      const made = await stored('SUPERUSER')
      const value = JSON.stringify({ ...JSON.parse(made.value), dbname: database })
      const works = async (text: string) =>
        (await server.login({ ...loginIn(text), database: 'postgres' })) !== undefined
      const target = await suite.stored(async () => ({ ...made, value, works }))
      const { errorMessage } = await expectFailure(suite, target, { code: 'MissingPrivilege', step: 'setSecret' })
      expect(remedyIn(errorMessage)).toBe(`GRANT CONNECT ON DATABASE "${database}" TO ${quoted(made.base.username)};`)
      await server.query(remedyIn(errorMessage))
      await secrets.rotate(await secrets.store(value))
    })

    it('a setting that only a superuser may give: the error says how to allow it, the value stays unseen', async () => {
      const target = await stored('CREATEROLE')
      if (major >= 16) await administer(server, target.base.username, target.master)
      await server.query(`ALTER ROLE ${quoted(target.base.username)} SET log_min_duration_statement = '98765s'`)
      const error = await expectFailure(suite, target, { code: 'MissingPrivilege', step: 'setSecret' })
      expect(error.errorMessage).not.toContain('98765')
      expect(await rolesNamed(cloneOf(target.base))).toBe(0)
      const me = quoted(target.master.username)
      const grant = `GRANT SET ON PARAMETER "log_min_duration_statement" TO ${me};`
      expect(remedyIn(error.errorMessage)).toBe(grant)
      await server.query(grant)
      await secrets.rotate(await secrets.store(target.value))
    })

    it('the base that has expired is LoginExpired for its clone, and the base that is locked is LoginLocked', async () => {
      for (const [change, code] of [
        ["VALID UNTIL '2001-01-01'", 'LoginExpired'],
        ['NOLOGIN', 'LoginLocked'],
      ] as const) {
        // The clone is AWSCURRENT and logs in; its base is what the next rotation is about.
        const target = await stored('SUPERUSER')
        const clone = await createClone(server, target.base)
        const value = JSON.stringify({ ...JSON.parse(target.value), ...clone })
        await server.query(`ALTER ROLE ${quoted(target.base.username)} ${change}`)
        const fromClone = await suite.stored(async () => ({ ...target, value, works: target.works }))
        await expectFailure(suite, fromClone, { code, step: 'setSecret' })
      }
    })

    it('leaves no secret value in any output', async () => {
      await suite.expectNoLeak(await server.log())
    })
  })

  async function rolesNamed(name: TestLogin['username']): Promise<number> {
    return (await server.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name])).length
  }
}
