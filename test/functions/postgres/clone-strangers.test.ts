import { afterAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { postgresServer, quoted } from '../../support/postgres.ts'
import { randomPassword } from '../../support/random.ts'
import { cloneOf } from '../databases/target.ts'
import { expectOwnRightsGoOver } from './own-rights.ts'
import { createClone, createRole, literal } from './roles.ts'
import { alternatingUsers, storedBySuperuser } from './secret-types.ts'

for (const major of [18, 15] as const) {
  const server = await postgresServer(major)
  const suite = await suiteFor(alternatingUsers(server, 'missing'))
  const { secrets, type } = suite

  async function stored() {
    const { clone, ...target } = await storedBySuperuser(server, suite)
    return { ...target, clone: quoted(clone) }
  }

  describe(`roles that are no clones, on ${server.label}`, { meta: { server: server.label } }, () => {
    afterAll(() => secrets[Symbol.asyncDispose]())

    it('an unrelated role of the name is not touched', async () => {
      const target = await stored()
      const password = randomPassword()
      await server.query(`CREATE ROLE ${target.clone} LOGIN PASSWORD ${await literal(server, password)}`)
      const error = await expectFailure(suite, target, { code: 'NotAClone', step: 'setSecret' })
      expect(error.errorMessage).toContain('is not a member of')
      expect(await server.login({ username: cloneOf(target.base), password })).toBeDefined()
    })

    it('a login that only happens to end in _clone does not get the password of its namesake', async () => {
      const target = await stored()
      const happens = { username: cloneOf(target.base), password: randomPassword() }
      await server.query(`CREATE ROLE ${target.clone} LOGIN PASSWORD ${await literal(server, happens.password)}`)
      const value = JSON.stringify({ ...JSON.parse(target.value), ...happens })
      const secret = await suite.stored(async () => ({ ...target, value, works: async () => true }))
      await expectFailure(suite, secret, { code: 'NotAClone', step: 'setSecret' })
      expect(await server.login(target.base)).toBeDefined()
    })

    it('a superuser of the name is not touched, though it is a member of the base', async () => {
      const target = await stored()
      await createClone(server, target.base)
      await server.query(`ALTER ROLE ${target.clone} SUPERUSER`)
      await expectFailure(suite, target, { code: 'NotAClone', step: 'setSecret' })
    })

    it('a member through another role only is not touched', async () => {
      const target = await stored()
      const between = await createRole(server)
      await server.query(`GRANT ${quoted(target.base.username)} TO ${quoted(between.username)}`)
      await server.query(`CREATE ROLE ${target.clone} LOGIN IN ROLE ${quoted(between.username)}`)
      await expectFailure(suite, target, { code: 'NotAClone', step: 'setSecret' })
    })

    it('a member that may do more than the base, through another role, is not touched', async () => {
      const target = await stored()
      const { username } = await createRole(server)
      await createClone(server, target.base)
      await server.query(`GRANT ${quoted(username)} TO ${target.clone}`)
      const error = await expectFailure(suite, target, { code: 'NotAClone', step: 'setSecret' })
      expect(error.errorMessage).toContain(`is a member of ${username}, and ${target.base.username} is not.`)
      await server.query(/What to do: .*?(GRANT .*?;)/.exec(error.errorMessage)?.[1] ?? '')
      await secrets.rotate(await secrets.store(target.value))
    })

    /** Rotates, expects to be refused, runs the statements of the error that match, and expects to be let through. */
    async function expectMended(
      target: Awaited<ReturnType<typeof stored>>,
      printed: RegExp,
      more: readonly string[] = [],
    ) {
      const { errorMessage } = await expectFailure(suite, target, { code: 'NotAClone', step: 'setSecret' })
      const [, statement = ''] = printed.exec(errorMessage) ?? []
      for (const each of [statement, ...more]) await server.query(each)
      const secretId = await secrets.store(target.value)
      await secrets.rotate(secretId)
      return JSON.parse(await secrets.storedValue(secretId, 'AWSCURRENT'))
    }

    it('a member that owns a table is not touched, until the REASSIGN of the error has been run', async () => {
      const target = await stored()
      await createClone(server, target.base)
      await server.query(`CREATE TABLE ${target.clone} (); ALTER TABLE ${target.clone} OWNER TO ${target.clone}`)
      await expectMended(target, /(REASSIGN OWNED BY "[^"]+" TO "[^"]+";)/)
    })

    for (const [what, taken] of [
      ['given to the base', /(ALTER ROLE "[^"]+" CREATEDB BYPASSRLS;) or/],
      ['taken from it', /or (ALTER ROLE "[^"]+" NOCREATEDB NOBYPASSRLS;)/],
    ] as const) {
      it(`a member with more attributes is not touched, until they have been ${what} as the error says`, async () => {
        const target = await stored()
        await createClone(server, target.base)
        await server.query(`ALTER ROLE ${target.clone} CREATEDB BYPASSRLS`)
        // Its views would lose by a REASSIGN before.
        await server.query(`CREATE TABLE ${target.clone} (); ALTER TABLE ${target.clone} OWNER TO ${target.clone}`)
        await expectMended(target, taken, [`REASSIGN OWNED BY ${target.clone} TO ${quoted(target.base.username)}`])
      })
    }

    it('a role that is no member becomes the clone by the GRANT of the error', async () => {
      const target = await stored()
      const password = await literal(server, randomPassword())
      await server.query(`CREATE ROLE ${target.clone} LOGIN PASSWORD ${password}`)
      await expectMended(target, /(GRANT "[^"]+" TO "[^"]+";)/)
    })

    // Other versions: npm run test:versions.
    if (major === 18)
      it('the rights of a member go to the base by the query of the page, and none is lost', () =>
        expectOwnRightsGoOver(server, suite))

    it('a login in use that owns a table does not lose it: the rotation to its base is refused', async () => {
      const target = await stored()
      const password = randomPassword()
      await createClone(server, target.base)
      await server.query(`ALTER ROLE ${target.clone} PASSWORD ${await literal(server, password)}`)
      await server.query(`CREATE TABLE ${target.clone} (); ALTER TABLE ${target.clone} OWNER TO ${target.clone}`)
      const inUse = { username: cloneOf(target.base), password }
      const value = JSON.stringify({ ...JSON.parse(target.value), ...inUse })
      const works = async () => {
        await using session = await server.admin()
        await session.query(`SET SESSION AUTHORIZATION ${target.clone}`)
        return (await session.query(`SELECT count(*) FROM ${target.clone}`)).rowCount === 1
      }
      const secret = await suite.stored(async () => ({ ...target, value, works }))
      await expectFailure(suite, secret, { code: 'NotAClone', step: 'setSecret' })
      expect(await server.login(inUse)).toMatchObject({ current_user: inUse.username })
    })

    it("a member of the base and of the base's own group is a clone", async () => {
      const target = await stored()
      const { username } = await createRole(server)
      await createClone(server, target.base)
      await server.query(`GRANT ${quoted(username)} TO ${target.clone}, ${quoted(target.base.username)}`)
      await secrets.rotate(target.secretId)
    })

    it('a clone that was locked stays locked', async () => {
      const target = await stored()
      await createClone(server, target.base)
      await server.query(`ALTER ROLE ${target.clone} NOLOGIN`)
      await expectFailure(suite, target, { code: 'LoginLocked', step: 'setSecret' })
    })

    it('a login whose name ends in _clone, without a base, is not rotated and no base is made', async () => {
      const target = await stored()
      const lonely = { username: cloneOf(target.base), password: randomPassword() }
      await server.query(`CREATE ROLE ${target.clone} LOGIN PASSWORD ${await literal(server, lonely.password)}`)
      await server.query(`DROP ROLE ${quoted(target.base.username)}`)
      const value = JSON.stringify({ ...JSON.parse(target.value), ...lonely })
      const alone = await suite.stored(async () => ({ ...target, value }))
      const error = await expectFailure(suite, alone, { code: 'NotAClone', step: 'setSecret' })
      expect(error.errorMessage).toContain(`There is no role ${target.base.username}.`)
    })

    it('a name of 58 bytes is refused in createSecret, before the server would cut it', async () => {
      const target = await suite.stored((store) => type.make(store as typeof secrets, { name: 'é', length: 58 }))
      const error = await expectFailure(suite, target, { code: 'NameTooLong', step: 'createSecret' })
      expect(error.errorMessage).toContain('63 bytes')
    })

    it('a name that is nothing but _clone is refused in createSecret', async () => {
      const target = await stored()
      const value = JSON.stringify({ ...JSON.parse(target.value), username: '_clone' })
      const nameless = await suite.stored(async () => ({ ...target, value }))
      await expectFailure(suite, nameless, { code: 'InvalidSecret', step: 'createSecret', stillWorks: false })
    })

    it('leaves no secret value in any output', async () => {
      await suite.expectNoLeak(await server.log())
    })
  })
}
