import { relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { suiteFor } from '../../contract/suite.ts'
import { bundled } from '../../support/bundle.ts'
import { repositoryPath } from '../../support/function-under-test.ts'
import { type OwnServer, ownMysql } from '../../support/own-mysql.ts'
import { passwordRules } from './password-rules.ts'
import { everyStrategy } from './secret-types.ts'

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
    it(`${strategy}, as it is deployed: names and passwords mean what they say in all modes and character sets`, async () => {
      const type = make(server)
      await using bundle = await bundled(type.function.module)
      const module = relative(repositoryPath(''), bundle.path)
      const suite = await suiteFor({ ...type, function: { ...type.function, module } })
      await using _ = suite.secrets
      const password = `Pw-1\\' OR "x" \\" é 名 ${'y'.repeat(12)}`
      const target = await suite.stored((store) => type.make(store, { name: `'"\\é名`, password }))
      // Only now: the test's own statements are quoted for the usual mode.
      await using admin = await server.admin()
      await admin.query("SET GLOBAL sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'")
      for (let round = 0; round < 2; round++) await suite.secrets.rotate(target.secretId)
      await admin.query("SET GLOBAL sql_mode = ''")
      expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
      expect(await target.works(await target.stagedValue('AWSPREVIOUS'))).toBe(type.oldValue === 'works')
    })
  }
})

passwordRules('MySQL 9.7', () => ownMysql())
