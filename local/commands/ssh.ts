import { randomBytes } from 'node:crypto'
import { appendFile, chown, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newKey } from '../../shared/ssh-protocol/new-key.ts'
import { publicKeyLine } from '../../shared/ssh-protocol/public-key.ts'
import { freePort } from '../servers/free-port.ts'
import { type SshHost, startSshd } from '../servers/sshd.ts'
import { addressRule, isNearby } from './addresses.ts'
import { commandLine } from './command-line.ts'

const file = join('.keyturn', 'ssh.json')
const cli = commandLine(
  'npm run ssh',
  `A throw-away sshd with an account whose key can be rotated. Needs no Docker. For root it is a host of its own (a folder
with accounts of its own), for other users one that lets in that user alone; nothing on the machine is changed.

  npm run ssh -- [--host ADDRESS]

  --host ADDRESS  listen on this address instead of 127.0.0.1: that of Docker's bridge, for functions in containers
  --help          this text

The value for the secret is written to ${file}. The account's authorized_keys is gone when it ends.

Example:
  npm run ssh
  # in another terminal, with npm run local in a third:
  aws secretsmanager create-secret --name app-key --secret-string file://${file}
`,
)
const { host } = cli.parse({
  options: { host: { type: 'string', default: '127.0.0.1' }, help: { type: 'boolean', default: false } },
}).values
if (!isNearby(host)) cli.fail(`--host takes ${addressRule}, not "${host}".`)
const reason = (error: unknown) => (error instanceof Error ? error.message : String(error))
await freePort(host).catch((error) => cli.fail(`sshd can't be reached at ${host}: ${reason(error)}`, 1))

let server: SshHost | undefined
async function end() {
  await server?.[Symbol.asyncDispose]()
  process.exit(0)
}
process.once('SIGINT', end)
process.once('SIGTERM', end)
server = await startSshd({ address: host }).catch((error) => cli.fail(reason(error), 1))

const { account, port, hostKeys, version, path } = server
const key = await newKey({ name: 'ed25519' }, undefined, { randomBytes })
await appendFile(path(account.keys), `${publicKeyLine(key.publicKey)} app\n`, { mode: 0o600 })
if (account.uid !== undefined && account.gid !== undefined) await chown(path(account.keys), account.uid, account.gid)
const hosts = [{ host, port, host_keys: hostKeys }]
const secret = { username: account.username, private_key: key.text, hosts, authorized_keys_path: account.keys }
await mkdir('.keyturn', { recursive: true })
await rm(file, { force: true })
await writeFile(file, `${JSON.stringify(secret, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' })
process.stdout.write(`OpenSSH ${version} listens at ${host}:${port}; keys are in ${path(account.keys)}. The value for a secret, in another terminal:
  aws secretsmanager create-secret --name app-key --secret-string file://${file}
`)
