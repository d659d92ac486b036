import { afterAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { mysqlServer } from '../../support/mysql.ts'
import { randomPassword } from '../../support/random.ts'
import { loginIn } from '../databases/secret-string.ts'
import { dualPassword } from './secret-types.ts'

const server = await mysqlServer()

/** The hashes of a name's accounts, by host. */
async function hashes(username: string): Promise<Record<string, string>> {
  const query = 'SELECT host, HEX(authentication_string) AS hash FROM mysql.user WHERE user = ? ORDER BY host'
  const rows = await server.query<{ host: string; hash: string }>(query, [username])
  return Object.fromEntries(rows.map(({ host, hash }) => [host, hash]))
}

describe('mysql dual-password: a name with accounts on several hosts', { meta: { server: server.label } }, async () => {
  const type = dualPassword(server, 'a superuser')
  const suite = await suiteFor(type)
  const { secrets, stored } = suite
  afterAll(() => secrets[Symbol.asyncDispose]())

  it('changes all of them in one statement', async () => {
    const target = await stored((store) => type.make(store, { hosts: ['%', '10.%', 'localhost'] }))
    const { username } = loginIn(target.value)
    const [before, start] = [await hashes(username), (await server.log()).length]
    await secrets.rotate(target.secretId)
    const after = await hashes(username)
    for (const host of Object.keys(before)) expect(after[host]).not.toBe(before[host])
    const log = await server.log(start)
    const statements = log.split('\n').filter((line) => line.includes(`'${username}'@'10.%' IDENTIFIED`))
    expect(statements).toEqual([expect.stringMatching(/ALTER USER .*@'%' .*@'10\.%' .*@'localhost' /)])
  })

  it('goes on where only some of them have the new password', async () => {
    const target = await stored((store) => type.make(store, { hosts: ['%', '10.%'] }))
    const { username } = loginIn(target.value)
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret')
    const next = loginIn(await target.stagedValue('AWSPENDING')).password
    await server.query('ALTER USER ?@? IDENTIFIED BY ? RETAIN CURRENT PASSWORD', [username, '10.%', next])
    const before = await hashes(username)
    await rotation.run('setSecret', 'testSecret', 'finishSecret')
    const after = await hashes(username)
    expect([after['10.%'], after['%']]).toEqual([before['10.%'], expect.not.stringMatching(`${before['%']}`)])
    await target.expectPromoted(rotation, target.value)
  })

  it('leaves an account with another password alone, and says so', async () => {
    const target = await stored()
    const { username } = loginIn(target.value)
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [username, '10.%', randomPassword()])
    const before = await hashes(username)
    await secrets.rotate(target.secretId)
    expect((await hashes(username))['10.%']).toBe(before['10.%'])
    expect(secrets.output()).toContain(`left '${username}'@'10.%' alone`)
  })

  it('leaves an account without a password alone', async () => {
    const target = await stored()
    const { username } = loginIn(target.value)
    await server.query('INSTALL PLUGIN mysql_no_login SONAME "mysql_no_login.so"').catch(() => undefined)
    await server.query('CREATE USER ?@? IDENTIFIED WITH mysql_no_login', [username, '10.%'])
    await secrets.rotate(target.secretId)
    const query = 'SELECT plugin FROM mysql.user WHERE user = ? AND host = ?'
    expect(await server.query(query, [username, '10.%'])).toEqual([{ plugin: 'mysql_no_login' }])
    expect(secrets.output()).toContain(`left '${username}'@'10.%' alone`)
  })

  it('an account whose second password is AWSCURRENT is NotPrimary, and none is changed', async () => {
    const target = await stored((store) => type.make(store, { hosts: ['%', '10.%'] }))
    const { username } = loginIn(target.value)
    const change = 'ALTER USER ?@? IDENTIFIED BY ? RETAIN CURRENT PASSWORD'
    await server.query(change, [username, '10.%', randomPassword()])
    const error = await expectFailure(suite, target, { code: 'NotPrimary', step: 'setSecret' })
    expect(error.errorMessage).toContain(`'${username}'@'10.%'`)
  })

  it('the superuser changes all of them, also where the login may change its own password itself', async () => {
    const grants = ['APPLICATION_PASSWORD_ADMIN ON *.*']
    const target = await stored((store) => type.make(store, { grants, hosts: ['%', '10.%', 'localhost'] }))
    const { username } = loginIn(target.value)
    const before = await hashes(username)
    await secrets.rotate(target.secretId)
    const after = await hashes(username)
    for (const host of Object.keys(before)) expect([host, after[host]]).not.toEqual([host, before[host]])
    for (const value of [target.value, await target.stagedValue('AWSCURRENT')])
      expect(await target.works(value)).toBe(true)
  })

  it('a login that may change all its accounts itself does so', async () => {
    const own = dualPassword(server, 'itself')
    const alone = await suiteFor(own)
    await using _ = alone.secrets
    const grants = ['CREATE USER, SELECT ON *.*']
    const target = await alone.stored((store) => own.make(store, { grants, hosts: ['%', '10.%'] }))
    const { username } = loginIn(target.value)
    const before = await hashes(username)
    await alone.secrets.rotate(target.secretId)
    const after = await hashes(username)
    for (const host of ['%', '10.%']) expect(after[host]).not.toBe(before[host])
    expect(await target.works(target.value)).toBe(true)
  })
})
