import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { SecretTypeUnderTest } from '../../contract/secret-type.ts'
import { suiteFor } from '../../contract/suite.ts'
import { codeOf, saidBy } from '../../support/outcome.ts'
import { ownMariadb, ownMysql } from '../../support/own-mysql.ts'
import * as mariadb from '../mariadb/secret-types.ts'
import * as mysql from './secret-types.ts'

/** With less time than a wait for a lock may take. */
function hurried<T extends SecretTypeUnderTest>(type: T): T {
  return { ...type, function: { ...type.function, timeoutMs: 6_000 } }
}

// Each case has a server of its own, and mostly waits.
describe.concurrent.each([
  { engine: 'MySQL', own: () => ownMysql(), of: mysql },
  { engine: 'MariaDB', own: () => ownMariadb('11.8'), of: mariadb },
])('$engine where a lock is held that setSecret needs', { meta: { server: 'of its own' } }, ({ own, of }) => {
  it('FLUSH TABLES WITH READ LOCK: the error says where to look for its holder, and claims nothing', async () => {
    await using server = await own()
    const suite = await suiteFor(hurried(of.singleUser(server)))
    await using _ = suite.secrets
    const target = await suite.stored()
    const rotation = await suite.secrets.begin(target.secretId)
    await rotation.run('createSecret')
    await using backup = await server.admin()
    await backup.query('FLUSH TABLES WITH READ LOCK')
    const outcome = await rotation.attempt('setSecret')
    await backup.query('UNLOCK TABLES')
    expect(codeOf(outcome)).toBe('TimedOut')
    const said = saidBy(outcome)
    expect(said).toMatch(/waited too long \((1205|1969)\)\. Likely cause: Somebody holds a lock/)
    for (const part of ['a backup', 'SHOW PROCESSLIST', 'performance_schema.metadata_locks'])
      expect(said).toContain(part)
    expect(said).toContain('The change may have been made all the same')
    expect(said).toContain('Trying again can help.')
    await rotation.run('setSecret', 'testSecret', 'finishSecret')
    await target.expectPromoted(rotation, target.value)
  })

  it('another run of the step: the error prints the statement that finds its session', async () => {
    await using server = await own()
    const suite = await suiteFor(hurried(of.alternatingUsers(server, 'missing')))
    await using _ = suite.secrets
    const target = await suite.stored()
    const rotation = await suite.secrets.begin(target.secretId)
    await rotation.run('createSecret')
    const digest = createHash('sha256')
      .update(target.logins[0] ?? '')
      .digest('hex')
    await using other = await server.admin()
    await other.query('SELECT GET_LOCK(?, 0)', [`keyturn.${digest.slice(0, 40)}`])
    const outcome = await rotation.attempt('setSecret')
    expect(codeOf(outcome)).toBe('TimedOut')
    const said = saidBy(outcome)
    const [, statement = ''] = /(SELECT IS_USED_LOCK\('[^']+'\)) gives the session to KILL/.exec(said) ?? []
    const [row] = await server.query<Record<string, unknown>>(statement)
    await server.query(`KILL ${Number(Object.values(row ?? {})[0])}`)
    await rotation.run('setSecret', 'testSecret', 'finishSecret')
    await target.expectPromoted(rotation, target.value)
  })
})
