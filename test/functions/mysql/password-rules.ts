import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import type { OwnServer } from '../../support/own-mysql.ts'
import { alternatingUsers, everyStrategy, type MysqlType } from './secret-types.ts'

const types = { ...everyStrategy, 'alternating-users': (on: OwnServer) => alternatingUsers(on, 'existing') }

/**
 * The cases of a server that has rules for passwords, which are its own for good.
 * @param start starts one with the component's file among its plugins
 */
export function passwordRules(label: string, start: () => Promise<OwnServer>): void {
  describe(`rules for passwords, on ${label}`, {
    meta: { server: `${label} (of its own, with validate_password)` },
  }, () => {
    let server: OwnServer
    let difference: string | undefined
    beforeAll(async () => {
      server = await start()
      await server.query("INSTALL COMPONENT 'file://component_validate_password'")
      // 8.0 has no such rule.
      const percentage = 'validate_password.changed_characters_percentage'
      difference = (await server.query('SHOW VARIABLES LIKE ?', [percentage])).length > 0 ? percentage : undefined
    })
    afterAll(() => server[Symbol.asyncDispose]())

    /** An account of before the rules. */
    async function storedBefore(suite: Awaited<ReturnType<typeof suiteFor<MysqlType>>>) {
      await server.query('SET GLOBAL validate_password.policy = LOW')
      const target = await suite.stored()
      await server.query('SET GLOBAL validate_password.policy = MEDIUM')
      return target
    }

    for (const [strategy, make] of Object.entries(types)) {
      it(`${strategy}: generated passwords meet the default rules, and rules that ask for changed characters`, async () => {
        const suite = await suiteFor(make(server))
        await using _ = suite.secrets
        if (difference !== undefined) await server.query(`SET GLOBAL ${difference} = 25`)
        const target = await storedBefore(suite)
        const rotation = await suite.secrets.begin(target.secretId)
        await rotation.run('createSecret', 'setSecret', 'setSecret', 'testSecret', 'finishSecret')
        await target.expectPromoted(rotation, target.value)
        if (difference !== undefined) await server.query(`SET GLOBAL ${difference} = 0`)
      })

      it(`${strategy}: rules that a generated password does not meet are PasswordRejected, with PASSWORD_LENGTH`, async () => {
        const suite = await suiteFor(make(server))
        await using _ = suite.secrets
        const target = await storedBefore(suite)
        await server.query('SET GLOBAL validate_password.length = 60')
        const error = await expectFailure(suite, target, { code: 'PasswordRejected', step: 'setSecret' })
        await server.query('SET GLOBAL validate_password.length = 8')
        expect(error.errorMessage).toContain('PASSWORD_LENGTH')
      })
    }
  })
}
