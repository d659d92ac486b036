import { afterAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { postgresServer, quoted } from '../../support/postgres.ts'
import type { TestLogin } from '../../support/test-server.ts'
import { twinOf } from '../databases/target.ts'
import { administer, createRole, createTwin } from './roles.ts'
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

  describe(`what the superuser's login must be allowed, on ${server.label}`, { meta: { server: server.label } }, () => {
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

      it('ADMIN OPTION on a twin that somebody else has made: likewise', async () => {
        const target = await stored('CREATEROLE')
        await administer(server, target.base.username, target.master)
        const { username } = await createTwin(server, target.base)
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

    it('what it may not give away makes the whole change fail: no half-made twin is left', async () => {
      const target = await stored('CREATEROLE')
      if (major >= 16) await administer(server, target.base.username, target.master)
      await server.query(`ALTER ROLE ${quoted(target.base.username)} BYPASSRLS`)
      await expectFailure(suite, target, { code: 'MissingPrivilege', step: 'setSecret' })
      expect(await rolesNamed(twinOf(target.base))).toBe(0)
    })

    it('a setting that only a superuser may give: the error says how to allow it, the value stays unseen', async () => {
      const target = await stored('CREATEROLE')
      if (major >= 16) await administer(server, target.base.username, target.master)
      await server.query(`ALTER ROLE ${quoted(target.base.username)} SET log_min_duration_statement = '98765s'`)
      const error = await expectFailure(suite, target, { code: 'MissingPrivilege', step: 'setSecret' })
      expect(error.errorMessage).not.toContain('98765')
      expect(await rolesNamed(twinOf(target.base))).toBe(0)
    })

    it('the base that has expired is LoginExpired for its twin, and the base that is locked is LoginLocked', async () => {
      for (const [change, code] of [
        ["VALID UNTIL '2001-01-01'", 'LoginExpired'],
        ['NOLOGIN', 'LoginLocked'],
      ] as const) {
        // The twin is AWSCURRENT and logs in; its base is what the next rotation is about.
        const target = await stored('SUPERUSER')
        const twin = await createTwin(server, target.base)
        const value = JSON.stringify({ ...JSON.parse(target.value), ...twin })
        await server.query(`ALTER ROLE ${quoted(target.base.username)} ${change}`)
        const fromTwin = await suite.stored(async () => ({ ...target, value, works: target.works }))
        await expectFailure(suite, fromTwin, { code, step: 'setSecret' })
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
