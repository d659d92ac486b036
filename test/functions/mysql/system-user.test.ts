import { describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { mysqlServer } from '../../support/mysql.ts'
import { errorOf } from '../../support/outcome.ts'
import { randomPassword } from '../../support/random.ts'
import { alternatingUsers, dualPassword } from './secret-types.ts'

const server = await mysqlServer()
/** The statement that an error promises, as it stands there. */
function promised(errorMessage: string): string {
  return /(?<=As an administrator: ).*?;(?= Trying again)/s.exec(errorMessage)?.[0] ?? errorMessage
}

describe('an account that has SYSTEM_USER', { meta: { server: server.label } }, () => {
  for (const type of [dualPassword(server, 'a superuser'), alternatingUsers(server, 'missing')]) {
    for (const grant of ['SYSTEM_USER ON *.*', 'ALL ON *.*']) {
      it(`${type.title}, ${grant}: the error says what to run, and then the secret is rotated`, async () => {
        const suite = await suiteFor(type)
        await using _ = suite.secrets
        const made = await type.make(suite.secrets, { grants: [grant] })
        const target = await suite.stored(async () => made)
        const error = await expectFailure(suite, target, { code: 'MissingPrivilege', step: 'setSecret' })
        const statement = promised(error.errorMessage)
        expect(statement).toBe(`GRANT SYSTEM_USER ON *.* TO '${made.master?.username}'@'%';`)
        await server.query(statement)
        const again = await suite.stored(async () => made)
        for (let round = 0; round < 2; round++) await suite.secrets.rotate(again.secretId)
        expect(await again.works(await again.stagedValue('AWSCURRENT'))).toBe(true)
      })
    }
  }

  for (const [what, prepare] of [
    ['whose clone is in use', undefined],
    ['whose clone is in use, and that has a second password', 'ALTER USER ?@? IDENTIFIED BY ? RETAIN CURRENT PASSWORD'],
  ] as const) {
    it(`alternating-users, an account ${what}: the error says what to run, and then the secret is rotated`, async () => {
      const suite = await suiteFor(alternatingUsers(server, 'missing'))
      await using _ = suite.secrets
      const made = await suite.type.make(suite.secrets)
      const target = await suite.stored(async () => made)
      await suite.secrets.rotate(target.secretId)
      const { username } = made.base
      await server.query('GRANT SYSTEM_USER ON *.* TO ?@?', [username, '%'])
      if (prepare !== undefined) await server.query(prepare, [username, '%', randomPassword()])
      const rotation = await suite.secrets.begin(target.secretId)
      await rotation.run('createSecret')
      const error = errorOf(await rotation.attempt('setSecret'))
      expect(error.errorType).toBe('MissingPrivilege')
      const statement = promised(error.errorMessage)
      expect(statement).toBe(`GRANT SYSTEM_USER ON *.* TO '${made.master?.username}'@'%';`)
      await server.query(statement)
      await rotation.run('setSecret', 'testSecret', 'finishSecret')
      await rotation.end()
      expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
    })
  }
})
