import { connect } from 'node:net'
import { PutSecretValueCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { suiteFor } from '../../contract/suite.ts'
import { connected, mysqlServer } from '../../support/mysql.ts'
import { errorOf } from '../../support/outcome.ts'
import { randomPassword } from '../../support/random.ts'
import { loginIn } from '../databases/secret-string.ts'
import { cloneOf } from '../databases/target.ts'
import { alternatingUsers } from './secret-types.ts'

const server = await mysqlServer()
const suite = await suiteFor(alternatingUsers(server, 'missing'))
const { secrets, type } = suite

/** A secret whose second login is in use, as all of these begin. */
async function withCloneInUse(hosts: readonly string[] = ['%']) {
  const made = await type.make(secrets, { hosts })
  const target = await suite.stored(async () => made)
  await secrets.rotate(target.secretId)
  return { ...target, base: made.base, clone: cloneOf(made.base) }
}

type Target = Awaited<ReturnType<typeof withCloneInUse>>

/** The account that the server chooses for a value from an address of this machine, or the number of its refusal. */
async function accountFor(value: string, localAddress: string): Promise<string | number> {
  const { host, port } = server
  const { username: user, password } = loginIn(value)
  try {
    const stream = () => connect({ host, port, localAddress })
    await using client = await connected({ host, port, user, password, stream, ssl: { ca: server.ca } })
    const [rows] = await client.query('SELECT CURRENT_USER() AS account')
    return String((rows as { account: string }[])[0]?.account)
  } catch (error) {
    return (error as { errno: number }).errno
  }
}

async function current(target: Target): Promise<string> {
  return await target.stagedValue('AWSCURRENT')
}

async function hashOf(user: string, host: string) {
  return server.query('SELECT authentication_string FROM mysql.user WHERE User = ? AND Host = ?', [user, host])
}

/** Rotates up to setSecret, which is to fail. @returns what it says, and how to go on */
async function refused(target: Target) {
  const rotation = await secrets.begin(target.secretId)
  await rotation.run('createSecret')
  const error = errorOf(await rotation.attempt('setSecret'))
  return { rotation, error }
}

describe('alternating-users on MySQL: accounts made for a new network while the clone is in use', {
  meta: { server: server.label },
}, () => {
  afterAll(() => secrets[Symbol.asyncDispose]())

  it('an account with the password of AWSPREVIOUS is taken along: AWSCURRENT logs in from both hosts', async () => {
    const target = await withCloneInUse()
    const { username, password } = target.base
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [username, '127.0.0.2', password])
    for (const name of [username, target.clone, username]) {
      await secrets.rotate(target.secretId)
      const value = await current(target)
      const accounts = [await accountFor(value, '127.0.0.1'), await accountFor(value, '127.0.0.2')]
      expect(accounts).toEqual([`${name}@%`, `${name}@127.0.0.2`])
    }
  })

  it('AWSCURRENT logs in from the new network after setSecret, and AWSPREVIOUS no more', async () => {
    const target = await withCloneInUse()
    const { username, password } = target.base
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [username, '127.0.0.2', password])
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret', 'setSecret', 'setSecret')
    const { AWSCURRENT = '', AWSPENDING = '', AWSPREVIOUS = '' } = await target.staged()
    expect(await accountFor(AWSCURRENT, '127.0.0.2')).toBe(`${target.clone}@127.0.0.2`)
    expect(await accountFor(AWSPENDING, '127.0.0.2')).toBe(`${username}@127.0.0.2`)
    expect(await accountFor(AWSPREVIOUS, '127.0.0.2')).toBe(1045)
    await rotation.run('testSecret', 'finishSecret')
    await rotation.end()
  })

  it('an account that was taken along stays the secret’s where that rotation was given up', async () => {
    const target = await withCloneInUse()
    const { username, password } = target.base
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [username, '127.0.0.2', password])
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret', 'setSecret')
    const pending = { SecretId: target.secretId, VersionStage: 'AWSPENDING', RemoveFromVersionId: rotation.token }
    await secrets.client.send(new UpdateSecretVersionStageCommand(pending))
    // The service notices with the next answer, and reports nothing.
    void rotation.end()
    await vi.waitFor(() => secrets.rotate(target.secretId), { timeout: 5_000, interval: 200 })
    expect(await accountFor(await current(target), '127.0.0.2')).toBe(`${username}@127.0.0.2`)
  })

  it('an account with the password of AWSPENDING is the secret’s, too, and its clone is made again', async () => {
    const target = await withCloneInUse()
    const { username, password } = target.base
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [username, '127.0.0.2', password])
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret', 'setSecret')
    await server.query('DROP USER ?@?', [target.clone, '127.0.0.2'])
    await rotation.run('setSecret')
    expect(await accountFor(await current(target), '127.0.0.2')).toBe(`${target.clone}@127.0.0.2`)
    await rotation.run('testSecret', 'finishSecret')
    await rotation.end()
    expect(await accountFor(await current(target), '127.0.0.2')).toBe(`${username}@127.0.0.2`)
  })

  it('the account that the server gives the function itself is taken along, too', async () => {
    const target = await withCloneInUse()
    const { username, password } = target.base
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [username, 'localhost', password])
    await secrets.rotate(target.secretId)
    expect(await accountFor(await current(target), '127.0.0.1')).toBe(`${username}@localhost`)
  })

  it('an account with another password is left alone, and gets no clone', async () => {
    const target = await withCloneInUse()
    const stranger = { username: target.base.username, password: randomPassword() }
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [stranger.username, '127.0.0.2', stranger.password])
    const before = await hashOf(stranger.username, '127.0.0.2')
    for (let round = 0; round < 2; round++) await secrets.rotate(target.secretId)
    expect(await hashOf(stranger.username, '127.0.0.2')).toEqual(before)
    expect(await hashOf(target.clone, '127.0.0.2')).toEqual([])
    expect(secrets.output()).toContain(`left '${stranger.username}'@'127.0.0.2' alone`)
  })

  it('an account that hides ours is named, and taken along once it has our password', async () => {
    const target = await withCloneInUse()
    const { username, password } = target.base
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [username, 'localhost', randomPassword()])
    const { rotation, error } = await refused(target)
    expect(error.errorType).toBe('LoginRefused')
    expect(error.errorMessage).toContain(`the server takes '${username}'@'localhost'`)
    expect(await target.works(await current(target))).toBe(true)
    await server.query('ALTER USER ?@? IDENTIFIED BY ?', [username, 'localhost', password])
    await rotation.run('setSecret', 'testSecret', 'finishSecret')
    await rotation.end()
    expect(await accountFor(await current(target), '127.0.0.1')).toBe(`${username}@localhost`)
  })

  it('an account that the secret logs in to proves nothing for an account on another host', async () => {
    const made = await type.make(secrets)
    const [clone, own] = [cloneOf(made.base), randomPassword()]
    // Somebody else's two logins, a stranger to app@'%' that is called like its clone, and an account of his own.
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [clone, '%', own])
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [made.base.username, '127.0.0.2', own])
    const value = (username: string) => JSON.stringify({ ...JSON.parse(made.value), username, password: own })
    const target = await suite.stored(async () => ({ ...made, value: value(made.base.username) }))
    const next = { SecretId: target.secretId, SecretString: value(clone) }
    await secrets.client.send(new PutSecretValueCommand(next))
    const { rotation, error } = await refused({ ...target, base: made.base, clone })
    expect(error.errorType).toBe('NotAClone')
    expect(await server.login(made.base)).toBeDefined()
    await rotation.end()
  })

  it('leaves no secret value in any output', async () => {
    await suite.expectNoLeak(await server.log())
  })
})
