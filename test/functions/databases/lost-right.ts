import { expect } from 'vitest'
import type { StoredTarget } from '../../contract/suite.ts'
import { connected, type TestServer } from '../../support/mysql.ts'
import { errorOf } from '../../support/outcome.ts'
import { randomName } from '../../support/random.ts'
import type { SecretsManager } from '../../support/secrets-manager.ts'
import type { TestLogin } from '../../support/test-server.ts'
import { loginIn } from './secret-string.ts'
import { cloneOf } from './target.ts'

/**
 * A right that the login in use alone was granted ends the rotation before it changes anything, until the other login has it too,
 * or nobody has it.
 * @param target whose clone is in use, and whose superuser may grant everything
 */
export async function expectNoRightIsLost(
  server: TestServer,
  secrets: SecretsManager,
  { base, ...target }: StoredTarget & { readonly base: TestLogin },
): Promise<void> {
  const clone = cloneOf(base)
  const database = randomName('d')
  await server.query(`CREATE DATABASE ${database}`)
  await server.query(`GRANT CREATE ON ${database}.* TO ?@'%'`, [clone])
  const before = await target.snapshot()
  const current = loginIn(await target.stagedValue('AWSCURRENT'))
  expect(current.username).toBe(clone)
  const rotation = await secrets.begin(target.secretId)
  await rotation.run('createSecret')
  const error = errorOf(await rotation.attempt('setSecret'))
  expect(error.errorType).toBe('PrivilegesDiffer')
  expect(error.errorMessage).toContain('Trying again does not help')
  expect(error.errorMessage).toContain(`REVOKE CREATE ON \`${database}\`.* FROM '${clone}'@'%';`)
  expect(await target.snapshot()).toEqual(before)
  await using session = await connected({
    host: server.host,
    port: server.port,
    user: current.username,
    password: current.password,
  })
  await session.query(`CREATE TABLE ${database}.t (a int)`)
  // As the error says: once it is granted to the other login, too, nobody loses it.
  await server.query(`GRANT CREATE ON ${database}.* TO ?@'%'`, [base.username])
  await rotation.run('setSecret')
  // Or it is taken away by the statement of the error.
  await server.query(`REVOKE CREATE ON ${database}.* FROM ?@'%'`, [base.username])
  await rotation.attempt('setSecret')
  await server.query(/(REVOKE .*?;) Then/.exec(error.errorMessage)?.[1] ?? '')
  await rotation.run('setSecret', 'testSecret', 'finishSecret')
  await expect(session.query(`CREATE TABLE ${database}.u (a int)`)).rejects.toMatchObject({ errno: 1142 })
  await rotation.end()
}
