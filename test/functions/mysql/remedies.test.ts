import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { type StoredTarget, type Suite, suiteFor } from '../../contract/suite.ts'
import { mysqlServer, quoted } from '../../support/mysql.ts'
import { randomName } from '../../support/random.ts'
import type { RotationByHand } from '../../support/secrets-manager.ts'
import type { AccountWish } from '../databases/mysql-accounts.ts'
import { cloneOf } from '../databases/target.ts'
import { fromAwsCases } from './from-aws.ts'
import { alternatingUsers, dualPassword, type MysqlType } from './secret-types.ts'

const server = await mysqlServer()
const alternating = await suiteFor(alternatingUsers(server, 'missing'))
const dual = await suiteFor(dualPassword(server, 'a superuser'))
const self = await suiteFor(dualPassword(server, 'itself'))
const database = randomName('d')

beforeAll(() => server.query(`CREATE DATABASE ${database}`))

/** A target whose superuser may do no more than this. */
async function storedWith({ type, ...suite }: Suite & { readonly type: MysqlType }, grants: readonly string[]) {
  const made = await type.make(suite.secrets)
  const { username } = made.master ?? made.base
  const who = `${quoted(username)}@'%'`
  await server.query(`REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${who}`)
  for (const grant of grants) await server.query(`GRANT ${grant} TO ${who}`)
  return { ...(await suite.stored(async () => made)), base: made.base, username }
}

/** Rotates, expects MissingPrivilege, runs the statements that it prints, and expects that the rotation goes on. */
async function expectMended(suite: Suite, target: StoredTarget, stillWorks = true): Promise<string> {
  const AWSCURRENT = await target.stagedValue('AWSCURRENT')
  let begun: RotationByHand | undefined
  const before = async (rotation: RotationByHand) => {
    begun = rotation
  }
  const refused = { code: 'MissingPrivilege', step: 'setSecret', stillWorks, before } as const
  const { errorMessage } = await expectFailure(suite, { ...target, value: AWSCURRENT }, refused)
  const said = /[Aa]s an administrator: (.+?;)(?= [^;]*Trying| or |[^;]*$)/s.exec(errorMessage)?.[1] ?? errorMessage
  for (const statement of said.split(/(?<=;) /)) await server.query(statement)
  await begun?.run('setSecret', 'testSecret', 'finishSecret')
  await begun?.end()
  expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
  return said
}

await fromAwsCases(server)

describe('the statements that MissingPrivilege prints', { meta: { server: server.label } }, () => {
  afterAll(async () => {
    for (const { secrets } of [alternating, dual, self]) await secrets[Symbol.asyncDispose]()
  })

  const [accounts, roles] = ['CREATE USER ON *.*', 'ROLE_ADMIN ON *.*']
  for (const [what, grants, remedy] of [
    ['alternating-users without CREATE USER', [roles, 'SELECT ON mysql.*'], 'GRANT CREATE USER ON *.*'],
    ['alternating-users without ROLE_ADMIN', [accounts, 'SELECT ON mysql.*'], 'GRANT ROLE_ADMIN ON *.*'],
    ['alternating-users without either', ['SELECT ON mysql.*'], 'GRANT CREATE USER, ROLE_ADMIN ON *.*'],
    ['alternating-users that may read no grant tables', [accounts, roles], 'GRANT SELECT ON mysql.*'],
    [
      'alternating-users that may read names alone',
      [accounts, roles, 'SELECT (User, Host) ON mysql.user'],
      'GRANT SELECT ON mysql.*',
    ],
    ['alternating-users that may not read roles', [accounts, roles, 'SELECT ON mysql.user'], 'GRANT SELECT ON mysql.*'],
    ['dual-password without CREATE USER', ['SELECT ON mysql.*'], 'GRANT CREATE USER ON *.*'],
    ['dual-password that may read no accounts', [accounts], 'GRANT SELECT ON mysql.*'],
    ['dual-password by itself', ['PROCESS ON *.*'], 'GRANT APPLICATION_PASSWORD_ADMIN ON *.*'],
  ] as const) {
    it(`${what}: the GRANT mends it, and nothing was changed before`, async () => {
      const suite = what.startsWith('alternating') ? alternating : what.endsWith('itself') ? self : dual
      const target = await storedWith(suite, grants)
      expect(await expectMended(suite, target)).toBe(`${remedy} TO '${target.username}'@'%';`)
    })
  }

  it('a superuser that may not take away what the clone has beyond the base: the REVOKE mends it', async () => {
    const target = await storedWith(alternating, [accounts, roles, 'SELECT ON mysql.*'])
    const clone = cloneOf(target.base)
    for (let round = 0; round < 2; round++) await alternating.secrets.rotate(target.secretId)
    await server.query("GRANT PROCESS, SHOW DATABASES ON *.* TO ?@'%'", [clone])
    expect(await expectMended(alternating, target)).toBe(`REVOKE PROCESS, SHOW DATABASES ON *.* FROM '${clone}'@'%';`)
  })

  it('a login that may not use the database of the secret: the GRANT mends it', async () => {
    const wish: AccountWish = {
      grants: ['APPLICATION_PASSWORD_ADMIN ON *.*'],
      fields: { dbname: JSON.stringify(database) },
    }
    const target = await self.stored((store) => dualPassword(server, 'itself').make(store, wish))
    expect(await expectMended(self, target, false)).toContain(`GRANT SELECT ON \`${database}\`.* TO '`)
  })

  it('leave no secret value in any output', async () => {
    for (const suite of [alternating, dual, self]) await suite.expectNoLeak(await server.log())
  })
})
