import { relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { bundled } from '../../support/bundle.ts'
import { repositoryPath } from '../../support/function-under-test.ts'
import { type OwnServer, ownMysql } from '../../support/own-mysql.ts'
import { alternatingUsers, everyStrategy, type MysqlType } from './secret-types.ts'

describe('a server with odd settings', { meta: { server: 'MySQL (of its own)' } }, () => {
  let server: OwnServer
  beforeAll(async () => {
    server = await ownMysql({
      'character-set-server': 'gbk',
      'init-connect': 'SET NAMES gbk, sql_quote_show_create = 0',
    })
  })
  afterAll(() => server[Symbol.asyncDispose]())

  for (const [strategy, make] of Object.entries(everyStrategy)) {
    it(`${strategy}, as it is deployed: names and passwords mean what they say, whatever the modes and character sets`, async () => {
      const type = make(server)
      await using bundle = await bundled(type.function.module)
      const module = relative(repositoryPath(''), bundle.path)
      const suite = await suiteFor({ ...type, function: { ...type.function, module } })
      await using _ = suite.secrets
      const password = `Pw-1\\' OR "x" \\" é 名 ${'y'.repeat(12)}`
      const target = await suite.stored((store) => type.make(store, { name: `'"\\é名`, password }))
      // Only now: what the tests themselves quote is quoted for the usual mode.
      await using admin = await server.admin()
      await admin.query("SET GLOBAL sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'")
      for (let round = 0; round < 2; round++) await suite.secrets.rotate(target.secretId)
      await admin.query("SET GLOBAL sql_mode = ''")
      expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
      expect(await target.works(await target.stagedValue('AWSPREVIOUS'))).toBe(type.oldValue === 'works')
    })
  }
})

describe('rules for passwords', { meta: { server: 'MySQL (of its own, with validate_password)' } }, () => {
  let server: OwnServer
  beforeAll(async () => {
    server = await ownMysql()
    await server.query("INSTALL COMPONENT 'file://component_validate_password'")
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const types = { ...everyStrategy, 'alternating-users': (on: OwnServer) => alternatingUsers(on, 'existing') }

  for (const [strategy, make] of Object.entries(types)) {
    /** An account of before the rules. */
    async function storedBefore(suite: Awaited<ReturnType<typeof suiteFor<MysqlType>>>) {
      await server.query('SET GLOBAL validate_password.policy = LOW')
      const target = await suite.stored()
      await server.query('SET GLOBAL validate_password.policy = MEDIUM')
      return target
    }

    it(`${strategy}: generated passwords meet its default rules, and those that ask for other characters than before`, async () => {
      const suite = await suiteFor(make(server))
      await using _ = suite.secrets
      await server.query('SET GLOBAL validate_password.changed_characters_percentage = 25')
      const target = await storedBefore(suite)
      const rotation = await suite.secrets.begin(target.secretId)
      await rotation.run('createSecret', 'setSecret', 'setSecret', 'testSecret', 'finishSecret')
      await target.expectPromoted(rotation, target.value)
      await server.query('SET GLOBAL validate_password.changed_characters_percentage = 0')
    })

    it(`${strategy}: rules that they do not meet are PasswordRejected, and PASSWORD_LENGTH is named`, async () => {
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
