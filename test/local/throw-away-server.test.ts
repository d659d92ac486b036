import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { logIn } from '../../examples/application/ssh.ts'
import { run, start } from './commands.ts'

test('npm run ssh writes a key that logs in, for its owner alone; SIGTERM ends it with 0, and the host', async () => {
  const { child, exit, output, folder } = await start('ssh', ['--host', '127.0.0.2'])
  await expect.poll(() => output.stdout, { timeout: 20_000 }).toContain('listens at 127.0.0.2:')
  const file = join(folder, '.keyturn', 'ssh.json')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const secret = JSON.parse(await readFile(file, 'utf8'))
  const client = await logIn(secret)
  client.end()
  const part = secret.private_key.split('\n')[2]
  expect(output.stdout + output.stderr).not.toContain(part)
  child.kill('SIGTERM')
  expect(await exit).toBe(0)
  await expect(logIn(secret)).rejects.toThrow('ECONNREFUSED')
})

describe.each([
  { engine: 'postgres', title: 'PostgreSQL', dbname: 'postgres', superuser: 'postgres' },
  { engine: 'mysql', title: 'MySQL', dbname: 'app', superuser: 'root' },
  { engine: 'mariadb', title: 'MariaDB', dbname: 'app', superuser: 'root' },
])('npm run $engine', ({ engine, title, dbname, superuser }) => {
  test('the files have values that log in, for their owner alone; SIGTERM ends the command with 0, and the server', async () => {
    // An address of this machine that is not 127.0.0.1, as Docker's bridge is.
    const { child, exit, output, folder } = await start(engine, ['--host', '127.0.0.2'])
    await expect.poll(() => output.stdout, { timeout: 20_000 }).toContain(`listens at 127.0.0.2:`)
    expect(output.stdout).toMatch(new RegExp(`^${title} \\d+\\.\\d+`))
    const values = []
    for (const [name, username] of [[engine, 'app'] as const, [`${engine}-superuser`, superuser] as const]) {
      const file = join(folder, '.keyturn', `${name}.json`)
      expect((await stat(file)).mode & 0o777).toBe(0o600)
      const value = JSON.parse(await readFile(file, 'utf8'))
      expect(value).toMatchObject({ engine, host: '127.0.0.2', dbname, ssl: false, username })
      expect(await sessionUser(value)).toBe(username)
      expect(await sessionUser({ ...value, host: '127.0.0.1' })).toBe(username)
      expect(output.stdout + output.stderr).not.toContain(value.password)
      values.push(value)
    }
    child.kill('SIGTERM')
    expect(await exit).toBe(0)
    await expect(sessionUser(values[0])).rejects.toThrow('ECONNREFUSED')
  })

  test('the server ends and its data goes when the command is killed', async () => {
    const { child, exit, output, folder } = await start(engine, [])
    await expect.poll(() => output.stdout, { timeout: 20_000 }).toContain('listens at')
    const value = JSON.parse(await readFile(join(folder, '.keyturn', `${engine}-superuser.json`), 'utf8'))
    const data = await dataFolder(value)
    expect((await stat(data)).isDirectory()).toBe(true)
    child.kill('SIGKILL')
    await exit
    await expect.poll(() => stat(data).catch(({ code }) => code), { timeout: 10_000 }).toBe('ENOENT')
    await expect(sessionUser(value)).rejects.toThrow('ECONNREFUSED')
  })

  test('an address that this machine does not have is an error that says so', async () => {
    const { code, stderr } = await run(engine, ['--host', '10.255.254.253'])
    expect(code).toBe(1)
    expect(stderr).toContain(`${title} can't be reached at 10.255.254.253`)
  })

  test.each(['0.0.0.0', '203.0.113.7', 'localhost'])('--host %s is a usage error', async (host) => {
    const { code, stdout, stderr } = await run(engine, ['--host', host])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(`not "${host}"`)
  })
})

interface Value extends Record<'engine' | 'host' | 'username' | 'password' | 'dbname', string> {
  readonly port: number
}

/** Logs in with a secret's value, and makes a table as an application does. */
async function sessionUser(value: Value): Promise<string> {
  const table = 'CREATE TABLE IF NOT EXISTS notes (id INT)'
  return value.engine === 'postgres'
    ? await ask(value, 'SELECT current_user')
    : await ask(value, "SELECT SUBSTRING_INDEX(CURRENT_USER(), '@', 1)", table)
}

async function dataFolder(value: Value): Promise<string> {
  return await ask(value, value.engine === 'postgres' ? 'SHOW data_directory' : 'SELECT @@datadir')
}

/** What the last of some statements gives. */
async function ask(
  { engine, host, port, username: user, password, dbname: database }: Value,
  question: string,
  first = '',
) {
  if (engine === 'postgres') {
    const client = new Client({ user, password, host, port, database })
    await client.connect()
    const { rows } = await client.query(question)
    await client.end()
    return Object.values(rows[0])[0] as string
  }
  const connection = await createConnection({ user, password, host, port, database })
  if (first !== '') await connection.query(first)
  const [rows] = await connection.query<RowDataPacket[]>(question)
  await connection.end()
  return Object.values(rows[0] ?? {})[0] as string
}
