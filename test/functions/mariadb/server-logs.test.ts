import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { suiteFor } from '../../contract/suite.ts'
import { findLeak } from '../../support/leaks.ts'
import { ownMariadb } from '../../support/own-mysql.ts'
import { loginIn } from '../databases/secret-string.ts'
import { alternatingUsers, dualPassword, singleUser } from './secret-types.ts'

for (const series of ['10.5', '10.11', '11.8'] as const) {
  describe(`the statements that MariaDB ${series} keeps`, { meta: { server: `MariaDB ${series}` } }, () => {
    it('have no password: in no log, no binary log, no audit, no performance_schema, no file at all', async () => {
      await using server = await ownMariadb(series, {
        'log-bin': 'binlog',
        'slow-query-log': 'ON',
        'long-query-time': '0',
        'log-warnings': '9',
        'performance-schema': 'ON',
        'plugin-load-add': 'server_audit',
        'server-audit-logging': 'ON',
        'performance-schema-consumer-events-statements-history-long': 'ON',
      })
      await server.query("UPDATE performance_schema.setup_consumers SET ENABLED = 'YES'")
      const values: string[] = []
      for (const type of [
        singleUser(server),
        dualPassword(server, 'a superuser'),
        alternatingUsers(server, 'missing'),
      ]) {
        const suite = await suiteFor(type)
        await using _ = suite.secrets
        const target = await suite.stored()
        for (const _round of [1, 2]) {
          await suite.secrets.rotate(target.secretId)
          values.push(loginIn(await target.stagedValue('AWSCURRENT')).password)
        }
      }
      expect(values).toHaveLength(6)

      const statements = await server.query<{ sql_text: string }>(
        'SELECT SQL_TEXT AS sql_text FROM performance_schema.events_statements_history_long',
      )
      const digests = await server.query<{ text: string }>(
        'SELECT DIGEST_TEXT AS text FROM performance_schema.events_statements_summary_by_digest',
      )
      const [row] = await server.query<{ folder: string }>('SELECT @@datadir AS folder')
      const files = await everyFile(row?.folder ?? '')
      const log = await server.log()
      const memory = JSON.stringify([statements, digests])
      // The log, the files and the memory do have the statements.
      expect(log).toMatch(/SET PASSWORD = '\*[0-9A-F]{40}'/)
      expect(log).toMatch(/ALTER USER .* OR mysql_native_password USING '\*[0-9A-F]{40}'/)
      expect(memory).toMatch(/SET PASSWORD = '\*[0-9A-F]{40}'/)
      const text = (name: RegExp) => [...files].find(([file]) => name.test(file))?.[1] ?? ''
      expect(text(/binlog\.0+\d$/)).toContain('ALTER USER')
      expect(text(/-slow\.log$/)).toContain('ALTER USER')
      expect(text(/server_audit\.log$/)).toContain('ALTER USER')
      for (const each of [log, memory, ...files.values()]) expect(findLeak(each, values)).toBeUndefined()
    })
  })
}

/** All files below a folder, by name, a byte to a character; of zeros in a row, which most of a new server's files are, one. */
async function everyFile(folder: string): Promise<ReadonlyMap<string, string>> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = found.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name))
  const read = async (file: string) => (await readFile(file, 'latin1')).replaceAll(/\0+/g, '\0')
  return new Map(await Promise.all(files.map(async (file) => [file, await read(file)] as const)))
}
