import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'
import { selfSignedCertificate } from './certificate.ts'
import { debianCommand } from './debian-command.ts'
import { freePort } from './free-port.ts'
import { growingFile } from './growing-file.ts'
import { guardedServer } from './guarded-server.ts'
import { inCache, madeOnce } from './made-once.ts'
import { giveToServer, readableByServer, serverUser } from './server-user.ts'

/** A throw-away MySQL or MariaDB on this machine. */
export interface MysqlServer extends AsyncDisposable {
  /** The server's version, for instance `9.7.4` or `10.11.18`. */
  readonly version: string
  readonly host: '127.0.0.1'
  readonly port: number
  /** The Unix socket it listens on as well. */
  readonly socket: string
  /** Holds all privileges, may log in from anywhere, and is the only account. */
  readonly superuser: { readonly username: 'root'; readonly password: string }
  /** PEM of the authority of its certificate, which is for localhost, db.internal and 127.0.0.1. */
  readonly ca: string
  /** Everything that the server has logged so far: errors, and statements where `general-log` is on. */
  log(): string
}

/** The differences between MySQL and MariaDB. */
export interface ServerProgram {
  readonly label: 'MySQL' | 'MariaDB'
  /** Names the unpacked packages: unique for the version. */
  readonly name: string
  /** Where the packages are unpacked. */
  readonly folder: string
  /** Relative to that folder, as the next. */
  readonly binary: string
  readonly messages: string
  /** Flags of every start, and of the making of the first data folder. */
  readonly flags: readonly string[]
  /** Flags that make a data folder, and what the server then reads from its standard input. */
  readonly initialise: { readonly flags: readonly string[]; input(): Promise<string> }
  /** Statements, one a line, that give the account root@localhost of a new data folder its password and its name. */
  superuser(password: string): readonly string[]
}

/**
 * Starts a server on a copy of a data folder that is made once for each version; ready in about a second.
 * @param settings server options without the dashes, for instance `{ 'general-log': 'ON' }`
 * @throws Error with the server's own words, where it does not start
 */
export async function startMysqlServer(
  program: ServerProgram,
  settings: Readonly<Record<string, string>>,
): Promise<MysqlServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(program, settings)
    } catch (error) {
      // Another process may have taken the port after we found it free.
      const isTaken = error instanceof Error && error.message.includes('Address already in use')
      if (!isTaken || attempt === 3) throw error
    }
  }
}

async function startOnce(program: ServerProgram, settings: Readonly<Record<string, string>>): Promise<MysqlServer> {
  const runnable = { ...program, folder: await readableByServer(program.folder, program.name) }
  const template = await dataTemplate(runnable)
  const folder = await mkdtemp(join(tmpdir(), `keyturn-${program.label.toLowerCase()}-`))
  const [data, socket, logFile] = [join(folder, 'data'), join(folder, 'socket'), join(folder, 'server.log')]
  const password = randomBytes(12).toString('hex')
  const { certificate, key } = await selfSignedCertificate(['localhost', 'db.internal'])
  const own = (name: string, text: string) => writeFile(join(folder, name), text, { mode: 0o600 })
  await Promise.all([
    cp(join(template, 'data'), data, { recursive: true }),
    own('server.crt', certificate),
    own('server.key', key),
    own('init.sql', `${program.superuser(password).join('\n')}\n`),
  ])
  await giveToServer(folder)

  const port = await freePort()
  const options = {
    datadir: data,
    socket,
    port: String(port),
    'bind-address': '127.0.0.1',
    tmpdir: folder,
    'pid-file': join(folder, 'pid'),
    'init-file': join(folder, 'init.sql'),
    'log-error': logFile,
    'general-log-file': logFile,
    'ssl-ca': join(folder, 'server.crt'),
    'ssl-cert': join(folder, 'server.crt'),
    'ssl-key': join(folder, 'server.key'),
    // The data need not survive a crash of the machine.
    'innodb-flush-log-at-trx-commit': '0',
    'innodb-doublewrite': 'OFF',
    'sync-binlog': '0',
    ...settings,
  }
  const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
  const server = guardedServer(folder, 'KILL', commandOf(runnable, [...program.flags, ...flags]), environment)
  // The server's words before it has opened its log.
  let said = ''
  server.process.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const log = growingFile(logFile)
  const superuser = { username: 'root' as const, password }
  try {
    for (let tries = 0; !log().includes('ready for connections'); tries++) {
      if (server.process.exitCode !== null || tries === 1_500)
        throw new Error(`${program.label} did not start: ${said}${log()}`)
      await sleep(20)
    }
    const version = await versionOf(options['bind-address'], port, superuser)
    return {
      version,
      host: '127.0.0.1',
      port,
      socket,
      superuser,
      ca: certificate,
      log,
      [Symbol.asyncDispose]: server.end,
    }
  } catch (error) {
    await server.end()
    throw error
  }
}

/** Makes a data folder in the cache, once, as a new server makes it. */
async function dataTemplate(program: ServerProgram): Promise<string> {
  return madeOnce(inCache('data', program.name), async (half) => {
    // The folder is made where the server's user can write.
    const folder = await mkdtemp(join(tmpdir(), 'keyturn-initialise-'))
    try {
      const data = join(folder, 'data')
      await mkdir(data)
      await giveToServer(folder)
      const { flags, input } = program.initialise
      const all = [...program.flags, ...flags, `--datadir=${data}`, `--tmpdir=${folder}`]
      const [command, ...rest] = commandOf(program, all)
      const server = spawn(command, rest, { ...serverUser, cwd: folder, env: environment })
      server.stdout.resume()
      let said = ''
      server.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString()
      })
      server.stdin.on('error', () => undefined).end(await input())
      const [code] = await once(server, 'close')
      if (code !== 0) throw new Error(`${program.label} made no data folder (${code}): ${said}`)
      // Two servers with one identity can't replicate from each other.
      await rm(join(data, 'auto.cnf'), { force: true })
      await cp(data, join(half, 'data'), { recursive: true })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
}

function commandOf({ folder, binary, messages }: ServerProgram, flags: readonly string[]): [string, ...string[]] {
  const [loader, ...rest] = debianCommand(folder, binary)
  return [
    loader,
    ...[...rest, '--no-defaults'],
    ...[`--lc-messages-dir=${join(folder, messages)}`, `--character-sets-dir=${join(folder, messages, 'charsets')}`],
    ...[`--plugin-dir=${join(folder, 'usr', 'lib', 'mysql', 'plugin')}`, ...flags],
  ]
}

// OpenSSL would read this machine's configuration, which is for another release of it.
const environment = { LC_ALL: 'C', PATH: process.env.PATH, OPENSSL_CONF: '/dev/null' }

async function versionOf(host: string, port: number, superuser: MysqlServer['superuser']): Promise<string> {
  const { username: user, password } = superuser
  const connection = await createConnection({ host: host.split(',')[0] ?? host, port, user, password })
  const [rows] = await connection.query('SELECT VERSION() AS version')
  await connection.end()
  // The rest names the packager and the server's options: 10.11.18-MariaDB-0+deb12u1-log.
  return /^[\d.]+/.exec((rows as { version: string }[])[0]?.version ?? '')?.[0] ?? 'unknown'
}
