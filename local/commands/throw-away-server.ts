import { randomBytes } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { freePort } from '../servers/free-port.ts'
import { addressRule, isNearby } from './addresses.ts'
import { commandLine } from './command-line.ts'

export interface Login {
  readonly username: string
  readonly password: string
}

/** A running server, as far as the command looks at it. */
interface Server extends AsyncDisposable {
  readonly version: string
  readonly port: number
  readonly superuser: Login
}

/** What a kind of database brings to its command. */
export interface ThrowAwayDatabase<S extends Server> {
  /** The database's name for people. */
  readonly title: string
  /** The engine as secrets name it, which is the name of the command and of its files as well. */
  readonly engine: 'postgres' | 'mysql' | 'mariadb'
  /** The database that the secrets name. */
  readonly dbname: string
  /** @param addresses IPv4 addresses to listen on */
  start(addresses: readonly string[]): Promise<S>
  /** Makes the login that is to be rotated, over the address that its secret will name. */
  createLogin(server: S, host: string, login: Login): Promise<void>
}

/**
 * The command that starts a server and writes the values for two secrets, of a login `app` and of the superuser, into
 * .keyturn. The command ends with SIGINT or SIGTERM, and the server's data are gone then.
 */
export async function throwAwayServer<S extends Server>(database: ThrowAwayDatabase<S>): Promise<void> {
  const { title, engine, dbname } = database
  const [file, superuserFile] = [join('.keyturn', `${engine}.json`), join('.keyturn', `${engine}-superuser.json`)]
  const cli = commandLine(
    `npm run ${engine}`,
    `A throw-away ${title} with a login to rotate. Needs neither root nor Docker.

  npm run ${engine} -- [--host ADDRESS]

  --host ADDRESS  listen on this address besides 127.0.0.1: that of Docker's bridge, for functions in containers
  --help          this text

The values for the secrets of the login and of the superuser are written to ${file} and
${superuserFile}. What the server holds is gone when it ends.

Example:
  npm run ${engine}
  # in another terminal, with npm run local in a third:
  aws secretsmanager create-secret --name ${engine}-app --secret-string file://${file}
`,
  )
  const { host } = cli.parse({
    options: { host: { type: 'string', default: '127.0.0.1' }, help: { type: 'boolean', default: false } },
  }).values
  if (!isNearby(host)) cli.fail(`--host takes ${addressRule}, not "${host}".`)
  const reason = (error: unknown) => (error instanceof Error ? error.message : String(error))
  const unreachable = (error: unknown) => cli.fail(`${title} can't be reached at ${host}: ${reason(error)}`, 1)
  // Some servers are content with one address of several, and others end with a long log.
  await freePort(host).catch(unreachable)

  let server: S | undefined
  async function end(exitCode: number) {
    await server?.[Symbol.asyncDispose]()
    process.exit(exitCode)
  }
  process.once('SIGINT', () => end(0))
  process.once('SIGTERM', () => end(0))
  server = await database.start([...new Set(['127.0.0.1', host])]).catch((error) => cli.fail(reason(error), 1))
  const { version, port, superuser } = server
  const login = { username: 'app', password: randomBytes(16).toString('hex') }
  await database.createLogin(server, host, login).catch(async (error) => {
    await server?.[Symbol.asyncDispose]()
    return unreachable(error)
  })

  // In the clear, because no authority that a function knows has signed the server's certificate.
  const fields = { engine, host, port, dbname, ssl: false }
  await keep(file, { ...fields, ...login })
  await keep(superuserFile, { ...fields, ...superuser })
  process.stdout.write(`${title} ${version} listens at ${host}:${port}. Values for secrets, in another terminal:
  aws secretsmanager create-secret --name ${engine}-app --secret-string file://${file}
  aws secretsmanager create-secret --name ${engine}-superuser --secret-string file://${superuserFile}
`)
}

async function keep(path: string, secret: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await rm(path, { force: true })
  await writeFile(path, `${JSON.stringify(secret, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' })
}
