import { readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ConnectionOptions } from 'mysql2/promise'
import { describe, expect, it } from 'vitest'
import { startMariadb } from '../../local/servers/mariadb.ts'
import { startMysql } from '../../local/servers/mysql.ts'
import type { MysqlServer } from '../../local/servers/mysql-process.ts'
import { connected } from '../support/mysql.ts'

type Settings = Readonly<Record<string, string>>

const servers: Readonly<Record<string, (settings?: Settings) => Promise<MysqlServer>>> = {
  'MySQL 9': startMysql,
  'MariaDB 10.5': (settings) => startMariadb('10.5', settings),
  'MariaDB 10.11': (settings) => startMariadb('10.11', settings),
  'MariaDB 11.8': (settings) => startMariadb('11.8', settings),
}

/** Logs in as the superuser, and gives the first row of what is asked. */
async function ask(...args: Parameters<typeof askForAll>) {
  return (await askForAll(...args))[0]
}

async function askForAll({ host, port, superuser }: MysqlServer, sql: string, options: ConnectionOptions = {}) {
  const { username: user, password } = superuser
  await using client = await connected({ host, port, user, password, ...options })
  const [rows] = await client.query(sql)
  return rows as Record<string, unknown>[]
}

const cipher = "SHOW SESSION STATUS LIKE 'Ssl_cipher'"

describe.each(Object.entries(servers))('a throw-away %s', (label, start) => {
  it('lets its superuser in with TLS that is verified by name, and without TLS; not with another password', async () => {
    await using server = await start()
    expect(`${label.split(' ')[0]} ${server.version}`).toMatch(new RegExp(`^${label.replace('.', '\\.')}\\.\\d`))
    const verified = { ca: server.ca, verifyIdentity: true }
    for (const host of ['localhost', '127.0.0.1']) {
      expect(await ask(server, cipher, { host, ssl: verified })).toMatchObject({ Value: expect.stringMatching(/./) })
    }
    expect(await ask(server, cipher)).toMatchObject({ Value: '' })
    await expect(ask(server, cipher, { ssl: { verifyIdentity: true } })).rejects.toThrow(/self[- ]signed/)
    await expect(ask(server, cipher, { password: 'guess' })).rejects.toThrow('Access denied')
    await expect(ask(server, cipher, { password: '' })).rejects.toThrow('Access denied')
  })

  it('ends its process and removes its folder when it is disposed of, and others live on', async () => {
    await using other = await start()
    const server = await start()
    const folder = dirname(server.socket)
    const processId = Number(await readFile(join(folder, 'pid'), 'utf8'))
    const { uid } = await stat(join(folder, 'data'))
    // Root's servers run as nobody.
    expect(uid).toBe(process.getuid?.() || 65_534)
    expect(process.kill(processId, 0)).toBe(true)
    await ask(server, 'CREATE DATABASE only_here')
    await expect(ask(other, 'USE only_here')).rejects.toThrow('only_here')
    await expect(ask(other, 'SELECT 1', { password: server.superuser.password })).rejects.toThrow('Access denied')

    await server[Symbol.asyncDispose]()
    expect(() => process.kill(processId, 0)).toThrow('ESRCH')
    await expect(stat(folder)).rejects.toThrow('ENOENT')
    await expect(ask(server, 'SELECT 1')).rejects.toThrow('ECONNREFUSED')
    expect(await ask(other, 'SELECT 1 AS one')).toEqual({ one: 1 })
  })

  it('logs the statements of others when it is asked to, and never its own password', async () => {
    await using server = await start({ 'general-log': 'ON' })
    await ask(server, "SELECT 'one statement', 'é'")
    expect(server.log()).toContain("SELECT 'one statement', 'é'")
    await ask(server, "SELECT 'another statement'")
    expect(server.log()).toContain("SELECT 'another statement'")
    expect(server.log().split("SELECT 'one statement'")).toHaveLength(2)
    expect(server.log()).toContain('ready for connections')
    expect(server.log()).not.toMatch(new RegExp(`ALTER USER|${server.superuser.password}`))
    await using quiet = await start()
    await ask(quiet, "SELECT 'one statement'")
    expect(quiet.log()).not.toContain('one statement')
  })

  it('keeps a binary log when it is asked to, and the next server has none of it', async () => {
    await using server = await start({ 'log-bin': 'binlog' })
    await ask(server, 'CREATE DATABASE logged')
    const [, secondLog] = await askForAll(server, 'SHOW BINARY LOGS')
    const events = JSON.stringify(await askForAll(server, "SHOW BINLOG EVENTS IN 'binlog.000001'"))
    expect(secondLog).toBeUndefined()
    expect(events).toContain('CREATE DATABASE logged')
    expect(events).not.toMatch(/ALTER USER|RENAME USER/)
    await using next = await start()
    expect(await ask(next, 'SELECT @@log_bin AS enabled')).toEqual({ enabled: 0 })
    await expect(ask(next, 'USE logged')).rejects.toThrow('logged')
  })

  it('that cannot start says what the server said', async () => {
    await expect(start({ 'no-such-option': '1' })).rejects.toThrow(/did not start: [\s\S]*no-such-option/)
  })
})

it('a MySQL that is read-only from the start refuses its own superuser', async () => {
  await using server = await startMysql({ 'super-read-only': 'ON' })
  expect(await ask(server, 'SELECT @@super_read_only AS super, @@read_only AS plain')).toEqual({ super: 1, plain: 1 })
  await expect(ask(server, "CREATE USER a@'%'")).rejects.toThrow('--super-read-only')
})

it.each(['10.5', '10.11', '11.8'] as const)(
  'a MariaDB %s that is read-only from the start refuses others',
  async (series) => {
    await using server = await startMariadb(series, { 'read-only': 'ON' })
    await ask(server, "CREATE USER app@'%' IDENTIFIED BY 'word'")
    await ask(server, "GRANT ALL ON app.* TO app@'%'")
    await expect(ask(server, 'CREATE DATABASE app', { user: 'app', password: 'word' })).rejects.toThrow('--read-only')
  },
)
