import { afterAll, describe, expect, it } from 'vitest'
import { accountName } from '../../../shared/mysql-family/quoting.ts'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { mysqlServer, quoted } from '../../support/mysql.ts'
import { saidBy } from '../../support/outcome.ts'
import { randomName, randomPassword } from '../../support/random.ts'
import type { RotationByHand } from '../../support/secrets-manager.ts'
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
  const target = await suite.stored(async () => made)
  return { ...target, base: made.base, clone: { username: cloneOf(made.base), password: randomPassword() } }
}

const refused = { code: 'NotAClone', step: 'setSecret' } as const

/** Runs the statements of the error, and expects that the secret can be rotated then. */
async function expectMends(statements: string | undefined, { value }: { readonly value: string }) {
  expect(statements).toBeDefined()
  for (const statement of (statements ?? '').split(/(?<=;) /)) await server.query(statement)
  await secrets.rotate(await secrets.store(value))
}

describe('accounts that are no clones', { meta: { server: server.label } }, () => {
  afterAll(() => secrets[Symbol.asyncDispose]())

  it('an unrelated account of the name is not touched, and the error has the GRANT that makes it the clone', async () => {
    const target = await stored()
    const { username, password } = target.clone
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [username, '%', password])
    const error = await expectFailure(suite, target, refused)
    expect(await server.login(target.clone)).toBeDefined()
    await expectMends(/(GRANT .*;) Else/.exec(error.errorMessage)?.[1], target)
    expect(await server.login(target.clone)).toBeUndefined()
  })

  it('accounts on several hosts become the clone by the statements of one error', async () => {
    const hosts = ['%', '10.0.0.1']
    const target = await stored({ hosts })
    const { username, password } = target.clone
    for (const host of hosts) await server.query('CREATE USER ?@? IDENTIFIED BY ?', [username, host, password])
    const error = await expectFailure(suite, target, refused)
    await expectMends(/(GRANT .*;) Else/.exec(error.errorMessage)?.[1], target)
  })

  it('an account with the very same rights is not touched', async () => {
    const target = await stored()
    const { username, password } = target.clone
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [username, '%', password])
    for (const name of [username, target.base.username]) await server.query('GRANT PROCESS ON *.* TO ?@?', [name, '%'])
    await expectFailure(suite, target, refused)
    expect(await server.login(target.clone)).toBeDefined()
  })

  it('a login that only happens to end in _clone does not get the password of its namesake', async () => {
    const target = await stored()
    const { username, password } = target.clone
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [username, '%', password])
    const value = JSON.stringify({ ...JSON.parse(target.value), username, password })
    const secret = await suite.stored(async () => ({ ...target, value, works: async () => true }))
    await expectFailure(suite, secret, refused)
    expect(await server.login(target.base)).toBeDefined()
  })

  it('an account with the role of the base and more rights is not touched where the secret cannot log in to it', async () => {
    const [target, database] = [await stored(), randomName('d')]
    await createClone(server, target.base)
    await server.query(`GRANT DROP ON ${database}.* TO ${quoted(target.clone.username)}`)
    const error = await expectFailure(suite, target, refused)
    expect(error.errorMessage).toContain(`has DROP ON \`${database}\`.*`)
    await expectMends(/or (REVOKE .*;) Then/.exec(error.errorMessage)?.[1], target)
  })

  it('an account with a role that the base lacks is not touched', async () => {
    const [target, role] = [await stored(), randomName('r')]
    await createClone(server, target.base)
    await server.query(`CREATE ROLE ${role}`)
    await server.query(`GRANT ${role} TO ${quoted(target.clone.username)}`)
    const error = await expectFailure(suite, target, refused)
    expect(error.errorMessage).toContain(`has role \`${role}\`@\`%\``)
    await expectMends(/or (REVOKE .*;) Then/.exec(error.errorMessage)?.[1], target)
  })

  it('an account on a host without the base ends the rotation, and the error has the DROP USER', async () => {
    const target = await stored({ hosts: ['localhost'] })
    const { username, password } = target.clone
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [username, '%', password])
    const error = await expectFailure(suite, target, refused)
    await expectMends(/(DROP USER .*);/.exec(error.errorMessage)?.[1], target)
  })

  it('an account on a further host of the base is not touched before it has the role', async () => {
    const [target, database, far] = [await stored({ hosts: ['%', '10.0.0.1'] }), randomName('d'), '10.0.0.1']
    const { username, password } = target.clone
    for (let round = 0; round < 2; round++) await secrets.rotate(target.secretId)
    await server.query('DROP USER ?@?', [username, far])
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [username, far, password])
    await server.query(`GRANT SELECT ON ${database}.* TO ?@?`, [username, far])
    let begun: RotationByHand | undefined
    const before = async (rotation: RotationByHand) => {
      begun = rotation
    }
    const inUse = { ...target, value: await target.stagedValue('AWSCURRENT') }
    const { errorMessage } = await expectFailure(suite, inUse, { ...refused, before })
    const grant = `GRANT ${accountName({ user: target.base.username, host: far })} TO '${username}'@'${far}';`
    expect(/: (GRANT .*;) Else/.exec(errorMessage)?.[1]).toBe(grant)
    // Now it is as an ended run leaves an account: it has the role, and an unknown password.
    await server.query(grant)
    const outcome = await begun?.attempt('setSecret')
    const said = outcome === undefined ? '' : saidBy(outcome)
    await server.query(/or (REVOKE .*;) Then/.exec(said)?.[1] ?? 'the error prints no such statement')
    await begun?.run('setSecret', 'testSecret', 'finishSecret')
    await begun?.end()
  })

  for (const next of ['the clone', 'the base'])
    it(`where ${next} is next, the error drops no account on a host where the other login is the secret's`, async () => {
      const [target, far] = [await stored({ hosts: ['%', '10.0.0.1'] }), '10.0.0.1']
      const { username, password } = target.clone
      await secrets.rotate(target.secretId)
      if (next === 'the clone') await secrets.rotate(target.secretId)
      const odd = next === 'the clone' ? target.base.username : username
      await server.query('ALTER USER ?@? IDENTIFIED BY ?', [odd, far, password])
      const inUse = { ...target, value: await target.stagedValue('AWSCURRENT') }
      const { errorMessage } = await expectFailure(suite, inUse, refused)
      expect(errorMessage).toContain(`'${odd}'@'${far}' has another password than the secret`)
      expect(errorMessage).not.toContain('DROP USER')
      const again = loginIn(inUse.value).password
      await server.query('ALTER USER ?@? IDENTIFIED BY ?', [odd, far, again])
      await secrets.rotate(await secrets.store(inUse.value))
    })

  it('an account that logs in by no password is not touched', async () => {
    const target = await stored()
    await server.query('INSTALL PLUGIN mysql_no_login SONAME "mysql_no_login.so"').catch(() => undefined)
    await server.query('CREATE USER ?@? IDENTIFIED WITH mysql_no_login DEFAULT ROLE ?@?', [
      ...[target.clone.username, '%', target.base.username, '%'],
    ])
    await expectFailure(suite, target, refused)
  })

  it('a clone that was locked stays locked', async () => {
    const target = await stored()
    await createClone(server, target.base)
    await server.query('ALTER USER ?@? ACCOUNT LOCK', [target.clone.username, '%'])
    await expectFailure(suite, target, { code: 'LoginLocked', step: 'setSecret' })
  })

  it('a clone whose base is gone is refused, not made again', async () => {
    const target = await stored()
    await secrets.rotate(target.secretId)
    await server.query('DROP USER ?@?', [target.base.username, '%'])
    const inUse = { ...target, value: await target.stagedValue('AWSCURRENT') }
    const error = await expectFailure(suite, inUse, { ...refused, stillWorks: true })
    expect(error.errorMessage).toContain(`There is no account ${target.base.username}`)
  })

  it('leaves no secret value in any output', async () => {
    await suite.expectNoLeak(await server.log())
  })
})
