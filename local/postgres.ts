import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Client } from 'pg'
import { addressRule, isNearby } from './addresses.ts'
import { type CommandLine, commandLine } from './command-line.ts'
import { startPostgres } from './servers/postgres.ts'

const file = join('.keyturn', 'postgres.json')
const superuserFile = join('.keyturn', 'postgres-superuser.json')
const help = `A throw-away PostgreSQL 18 with a login to rotate. Needs neither root nor Docker.

  npm run postgres -- [--host ADDRESS]

  --host ADDRESS  listen on this address besides 127.0.0.1: that of Docker's bridge, for functions in containers
  --help          this text

The values for the secrets of the login and of the superuser are written to ${file} and
${superuserFile}. What the server holds is gone when it ends.

Example:
  npm run postgres
  # in another terminal, with npm run local in a third:
  aws secretsmanager create-secret --name app-db --secret-string file://${file}
`

const cli: CommandLine = commandLine('npm run postgres', help)
const { host } = cli.parse({
  options: { host: { type: 'string', default: '127.0.0.1' }, help: { type: 'boolean', default: false } },
}).values
if (!isNearby(host)) cli.fail(`--host takes ${addressRule}, not "${host}".`)

// The server runs as another user where this is root, who has to read who may log in from where.
const folder = await mkdtemp(join(tmpdir(), 'keyturn-access-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const access = join(folder, 'pg_hba.conf')
// Containers are in the network of the bridge, which is this machine's too.
await writeFile(access, 'host all all samenet scram-sha-256\n')
await chmod(folder, 0o755)

const addresses = [...new Set(['127.0.0.1', host])].join(',')
const server = await startPostgres(18, { listen_addresses: addresses, hba_file: access })
const login = { username: 'app', password: randomBytes(16).toString('hex') }
const { port, superuser } = server
const admin = { host, port, user: superuser.username, password: superuser.password, database: 'postgres' }
const client = new Client({ ...admin, connectionTimeoutMillis: 5_000 })
// PostgreSQL is content with one address of several, and says so in its log alone.
await client.connect().catch(async (error: unknown) => {
  await server[Symbol.asyncDispose]()
  cli.fail(`PostgreSQL can't be reached at ${host}: ${error instanceof Error ? error.message : error}`, 1)
})
await client.query(`CREATE ROLE ${login.username} LOGIN PASSWORD '${login.password}'`)
await client.end()

// In the clear, because no authority that a function knows has signed the server's certificate.
const fields = { engine: 'postgres', host, port, dbname: 'postgres', ssl: false }
async function keep(path: string, secret: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await rm(path, { force: true })
  await writeFile(path, `${JSON.stringify({ ...fields, ...secret }, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' })
}
await keep(file, login)
await keep(superuserFile, superuser)
process.stdout.write(`PostgreSQL ${server.version} listens at ${host}:${port}. Values for secrets, in another terminal:
  aws secretsmanager create-secret --name app-db --secret-string file://${file}
  aws secretsmanager create-secret --name app-superuser --secret-string file://${superuserFile}
`)

async function end() {
  await server[Symbol.asyncDispose]()
  process.exit(0)
}
process.once('SIGINT', end)
process.once('SIGTERM', end)
