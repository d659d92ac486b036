import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { suiteFor } from '../../contract/suite.ts'
import { findLeak } from '../../support/leaks.ts'
import { type OwnServer, ownMysql } from '../../support/own-mysql.ts'
import { loginIn } from '../databases/secret-string.ts'
import { everyStrategy } from './secret-types.ts'

describe('the statements that the server keeps', { meta: { server: 'MySQL (of its own, all logs on)' } }, () => {
  let server: OwnServer
  beforeAll(async () => {
    server = await ownMysql({
      'slow-query-log': 'ON',
      'long-query-time': '0',
      'log-slow-extra': 'ON',
      'log-bin': 'binlog',
      'log-error-verbosity': '3',
      'performance-schema-consumer-events-statements-history-long': 'ON',
      'performance-schema-max-sql-text-length': '4096',
      'max-digest-length': '4096',
    })
  })
  afterAll(() => server[Symbol.asyncDispose]())

  /** Everything that was written down about statements, with the number of times that a mark was found. */
  async function writtenDown(): Promise<Readonly<Record<string, string>>> {
    const tables = ['history', 'history_long', 'summary_by_digest', 'current'].map(
      (name) => `events_statements_${name}`,
    )
    const texts = await Promise.all(
      [...tables, 'threads', 'processlist', 'error_log'].map(async (table) => [
        table,
        JSON.stringify(await server.query(`SELECT * FROM performance_schema.${table}`)),
      ]),
    )
    const [{ log: binlog } = { log: '' }] = await server.query<{ log: string }>('SELECT @@log_bin_basename AS log')
    const [{ slow } = { slow: '' }] = await server.query<{ slow: string }>('SELECT @@slow_query_log_file AS slow')
    const [{ data } = { data: '' }] = await server.query<{ data: string }>('SELECT @@datadir AS data')
    const file = async (path: string) =>
      (await readFile(path.startsWith('/') ? path : join(data, path))).toString('latin1')
    return {
      ...Object.fromEntries(texts),
      'the general and the error log': await server.log(),
      'the slow log': await file(slow),
      'the binary log': await file(`${binlog}.000001`),
    }
  }

  for (const [strategy, make] of Object.entries(everyStrategy)) {
    it(`${strategy}: they are in the log, the tables and the binary log, without a password`, async () => {
      const suite = await suiteFor(make(server))
      await using _ = suite.secrets
      const target = await suite.stored()
      const values = [loginIn(target.value).password]
      for (let round = 0; round < 2; round++) {
        await suite.secrets.rotate(target.secretId)
        values.push(loginIn(await target.stagedValue('AWSCURRENT')).password)
      }
      const places = await writtenDown()
      const { username } = loginIn(target.value)
      const mentioned = Object.entries(places).filter(([, text]) =>
        new RegExp(`ALTER USER .{0,5}${username}`).test(text),
      )
      expect(mentioned.map(([place]) => place)).toEqual(
        expect.arrayContaining([
          ...['events_statements_history_long', 'the general and the error log', 'the slow log', 'the binary log'],
        ]),
      )
      for (const [place, text] of Object.entries(places))
        expect([place, findLeak(text, values)]).toEqual([place, undefined])
    })

    it(`${strategy}: nobody sees a password in the list of processes while the statement waits`, async () => {
      const suite = await suiteFor(make(server))
      await using _ = suite.secrets
      const target = await suite.stored()
      const rotation = await suite.secrets.begin(target.secretId)
      await rotation.run('createSecret')
      const next = loginIn(await target.stagedValue('AWSPENDING')).password
      await using holder = await server.admin()
      await holder.query('LOCK INSTANCE FOR BACKUP')
      const running = rotation.attempt('setSecret')
      const seen: string[] = []
      for (let tries = 0; tries < 40; tries++) {
        for (const query of ['SHOW FULL PROCESSLIST', 'SELECT * FROM performance_schema.events_statements_current'])
          seen.push(JSON.stringify(await server.query(query)))
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
      await holder.query('UNLOCK INSTANCE')
      expect(await running).toMatchObject({ ok: true })
      const text = seen.join('\n')
      expect(text).toMatch(/(ALTER|CREATE) USER/)
      expect(findLeak(text, [next, loginIn(target.value).password])).toBeUndefined()
    })
  }
})
