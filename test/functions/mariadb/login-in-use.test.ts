import { afterAll, describe, expect, it } from 'vitest'
import { suiteFor } from '../../contract/suite.ts'
import { connected, mariadbServer } from '../../support/mysql.ts'
import { randomName } from '../../support/random.ts'
import { loginIn } from '../databases/secret-string.ts'
import { cloneOf } from '../databases/target.ts'
import { alternatingUsers } from './secret-types.ts'

const server = await mariadbServer('10.11')
const { host, port } = server
const suite = await suiteFor(alternatingUsers(server, 'missing'))
const { secrets, type } = suite

describe('alternating-users on MariaDB: the login in use', { meta: { server: server.label } }, () => {
  afterAll(() => secrets[Symbol.asyncDispose]())

  it('keeps what was granted to it alone: the rotation ends before it changes anything', async () => {
    const made = await type.make(secrets, { master: { ...server.superuser } })
    const target = await suite.stored(async () => made)
    await secrets.rotate(target.secretId)
    const [clone, database] = [cloneOf(made.base), randomName('d')]
    await server.query(`CREATE DATABASE ${database}`)
    await server.query(`GRANT CREATE ON ${database}.* TO ?@'%'`, [clone])
    const before = await target.snapshot()
    const current = loginIn(await target.stagedValue('AWSCURRENT'))
    expect(current.username).toBe(clone)
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret')
    const outcome = await rotation.attempt('setSecret')
    if (outcome.ok) throw new Error('setSecret succeeded')
    expect(outcome.error.errorType).toBe('PrivilegesDiffer')
    expect(outcome.error.errorMessage).toContain('Trying again does not help')
    expect(outcome.error.errorMessage).toContain(`REVOKE CREATE ON \`${database}\`.* FROM '${clone}'@'%';`)
    expect(await target.snapshot()).toEqual(before)
    await using session = await connected({ host, port, user: current.username, password: current.password })
    await session.query(`CREATE TABLE ${database}.t (a int)`)
    // As the error says: granted to the other, too, it is nobody's loss any more.
    await server.query(`GRANT CREATE ON ${database}.* TO ?@'%'`, [made.base.username])
    await rotation.run('setSecret')
    // Or taken away, where nobody needs it: by the statement as it stands there.
    await server.query(`REVOKE CREATE ON ${database}.* FROM ?@'%'`, [made.base.username])
    await rotation.attempt('setSecret')
    await server.query(/(REVOKE .*?;) Then/.exec(outcome.error.errorMessage)?.[1] ?? '')
    await rotation.run('setSecret', 'testSecret', 'finishSecret')
    await expect(session.query(`CREATE TABLE ${database}.u (a int)`)).rejects.toMatchObject({ errno: 1142 })
    await rotation.end()
  })
})
