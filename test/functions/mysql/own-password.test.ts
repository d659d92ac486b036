import { afterAll, describe, expect, it } from 'vitest'
import { changeOwnPassword } from '../../../functions/mysql/set-password.ts'
import { say } from '../../../shared/errors/words.ts'
import { connect } from '../../../shared/mysql-family/connection.ts'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { connected, mysqlServer } from '../../support/mysql.ts'
import { codeOf } from '../../support/outcome.ts'
import { randomPassword } from '../../support/random.ts'
import { fourSteps } from '../../support/secrets-manager.ts'
import { createAccount } from '../databases/mysql-accounts.ts'
import { loginIn } from '../databases/secret-string.ts'
import { contextFor, loginAt } from './connection.ts'
import { fastLogin } from './fast-path.ts'
import { singleUser } from './secret-types.ts'

const server = await mysqlServer()
const type = singleUser(server)
const suite = await suiteFor(type)
const { secrets, stored } = suite

describe('mysql single-user: the account and its passwords', { meta: { server: server.label } }, () => {
  afterAll(() => secrets[Symbol.asyncDispose]())

  for (const [what, options] of [
    ['three failed logins would lock', 'FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 1'],
    ['has a password history', 'PASSWORD HISTORY 20 PASSWORD REUSE INTERVAL 30 DAY'],
    ['must say its current password', 'PASSWORD REQUIRE CURRENT'],
  ] as const) {
    it(`rotates an account that ${what}, with every step run twice`, async () => {
      const target = await stored((store) => type.make(store, { options }))
      const rotation = await secrets.begin(target.secretId)
      for (const step of fourSteps) await rotation.run(step, step)
      await target.expectPromoted(rotation, target.value)
    })
  }

  it('AWSPENDING that works already is left as it is: no statement changes anything', async () => {
    const target = await stored()
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret')
    const { username, password } = loginIn(await target.stagedValue('AWSPENDING'))
    await server.query('ALTER USER ?@? IDENTIFIED BY ?', [username, '%', password])
    const before = await target.snapshot()
    await rotation.run('setSecret')
    expect(await target.snapshot()).toEqual(before)
    await rotation.run('testSecret', 'finishSecret')
    await target.expectPromoted(rotation, target.value)
  })

  for (const retain of [false, true]) {
    it(`a password that another run has set meanwhile is enough, ${retain ? 'keeping' : 'dropping'} the old one`, async () => {
      const { username, password } = await createAccount(server, { grants: ['APPLICATION_PASSWORD_ADMIN ON *.*'] })
      const [next, context] = [randomPassword(), contextFor()]
      const session = await connect(loginAt(server, { username, password }), context)
      const kept = retain ? 'RETAIN CURRENT PASSWORD' : ''
      await server.query(`ALTER USER ?@? IDENTIFIED BY ? ${kept}`, [username, '%', next])
      const late = await connect(loginAt(server, { username, password: retain ? password : next }), context)
      await (await changeOwnPassword(session, next, { retain })).close()
      // Clients without TLS are not shut out by our having asked.
      expect(await fastLogin(server, { username, password: next })).toBe(true)
      expect(await server.login({ username, password: next })).toBeDefined()
      expect((await server.login({ username, password })) !== undefined).toBe(retain)
      await server.query('ALTER USER ?@? IDENTIFIED BY ?', [username, '%', randomPassword()])
      await expect(changeOwnPassword(late, randomPassword(), { retain })).rejects.toMatchObject({
        code: 'NotPrimary',
      })
    })
  }

  it('a password of the history that is not the first one is NotPrimary', async () => {
    const { username, password } = await createAccount(server, { options: 'PASSWORD HISTORY 20' })
    const [next, context] = [randomPassword(), contextFor()]
    const session = await connect(loginAt(server, { username, password }), context)
    for (const later of [next, randomPassword()])
      await server.query('ALTER USER ?@? IDENTIFIED BY ?', [username, '%', later])
    const change = changeOwnPassword(session, next, { retain: false })
    await expect(change).rejects.toMatchObject({ code: 'NotPrimary' })
    await session.close()
  })

  it('AWSCURRENT that is the second password is NotPrimary, and the account is left as it is', async () => {
    const target = await stored()
    const { username } = loginIn(target.value)
    await server.query('ALTER USER ?@? IDENTIFIED BY ? RETAIN CURRENT PASSWORD', [username, '%', randomPassword()])
    const error = await expectFailure(suite, target, { code: 'NotPrimary', step: 'setSecret' })
    expect(error.errorMessage).toContain(username)
  })

  it('changes the account that the server chose, and no other of the same name', async () => {
    const target = await stored((store) => type.make(store, { hosts: ['%', '10.%'] }))
    const { username } = loginIn(target.value)
    const query = 'SELECT HEX(authentication_string) AS hash FROM mysql.user WHERE user = ? AND host = ?'
    const before = await server.query(query, [username, '10.%'])
    await secrets.rotate(target.secretId)
    expect(await server.query(query, [username, '10.%'])).toEqual(before)
    expect(secrets.output()).toContain(`set the password of '${username}'@'%'`)
  })

  it('an account that can see others of its name is SeveralAccounts, and none is changed', async () => {
    const target = await stored((store) => type.make(store, { hosts: ['%', '10.%'], grants: ['SELECT ON mysql.*'] }))
    const error = await expectFailure(suite, target, { code: 'SeveralAccounts', step: 'setSecret' })
    expect(error.errorMessage).toContain('has 2 accounts')
  })

  it('a second password that a killed run could not discard is discarded by the next run', async () => {
    const target = await stored((store) => type.make(store, { grants: ['APPLICATION_PASSWORD_ADMIN ON *.*'] }))
    const { username, password } = loginIn(target.value)
    const second = { username, password: randomPassword() }
    await server.query('ALTER USER ?@? IDENTIFIED BY ?', [username, '%', second.password])
    await server.query('ALTER USER ?@? IDENTIFIED BY ? RETAIN CURRENT PASSWORD', [username, '%', password])
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret')
    const pending = loginIn(await target.stagedValue('AWSPENDING'))
    await server.query('ALTER USER ?@? IDENTIFIED BY ?', [username, '%', pending.password])
    expect(await server.login(second)).toBeDefined()
    await rotation.run('setSecret')
    expect(await server.login(second)).toBeUndefined()
    await rotation.run('testSecret', 'finishSecret')
    await target.expectPromoted(rotation, target.value)
  })

  it('three stored versions of which none logs in do not lock the account', async () => {
    const options = 'FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME UNBOUNDED'
    const target = await stored((store) => type.make(store, { options }))
    await secrets.rotate(target.secretId)
    const byHand = { username: loginIn(target.value).username, password: randomPassword() }
    await server.query('ALTER USER ?@? IDENTIFIED BY ?', [byHand.username, '%', byHand.password])
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret')
    const outcome = await rotation.attempt('setSecret')
    expect(codeOf(outcome)).toBe('LoginRefused')
    expect(await server.login(byHand)).toBeDefined()
    await server.query('ALTER USER ?@? IDENTIFIED BY ?', [byHand.username, '%', loginIn(target.value).password])
    await rotation.end()
  })

  it("a missing privilege that is not foreseen is named in the server's words, with what to do", async () => {
    const session = await connect(loginAt(server, await createAccount(server)), contextFor())
    const message = expect.stringMatching(/SELECT command denied.*GRANT \.\.\. ON \.\.\. TO the login/)
    const reading = session.read(say`reading what it may not`, 'SELECT 1 FROM mysql.user')
    await expect(reading).rejects.toMatchObject({ code: 'MissingPrivilege', message })
    await session.close()
  })

  it('sessions of the old password go on, and may change things', async () => {
    const target = await stored()
    const { username: user, password } = loginIn(target.value)
    await using session = await connected({ host: server.host, port: server.port, user, password })
    await secrets.rotate(target.secretId)
    await session.query('DO 1')
  })

  it('leaves no secret value in any output', async () => {
    await suite.expectNoLeak(await server.log())
  })
})
