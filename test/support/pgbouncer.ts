import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { debianCommand } from '../../local/servers/debian-command.ts'
import { unpackedPackages } from '../../local/servers/debian-packages.ts'
import { freePort } from '../../local/servers/free-port.ts'
import { guardedServer } from '../../local/servers/guarded-server.ts'
import { giveToServer, readableByServer } from '../../local/servers/server-user.ts'
import type { TestServer } from './postgres.ts'

/** A PgBouncer in front of a server: it asks the server for the verifier of each login (auth_query). */
export async function startPgbouncer(
  server: TestServer,
  authType: 'md5' | 'scram-sha-256',
): Promise<{ readonly port: number } & AsyncDisposable> {
  const { folder: packages, versions } = await unpackedPackages('bookworm', ['pgbouncer'])
  const program = await readableByServer(packages, `pgbouncer-${versions.pgbouncer}`)
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-pgbouncer-'))
  const port = await freePort()
  const { username, password } = server.superuser
  await writeFile(join(folder, 'users'), `"${username}" "${password}"\n`)
  await writeFile(
    join(folder, 'ini'),
    `[databases]
* = host=${server.host} port=${server.port} auth_user=${username}
[pgbouncer]
listen_addr = ${server.host}
listen_port = ${port}
unix_socket_dir =
auth_type = ${authType}
auth_file = ${join(folder, 'users')}
pool_mode = transaction
ignore_startup_parameters = extra_float_digits
`,
  )
  await giveToServer(folder)
  const bouncer = guardedServer(
    folder,
    'KILL',
    [...debianCommand(program, 'usr/sbin/pgbouncer'), join(folder, 'ini')],
    {},
  )
  let log = ''
  bouncer.process.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  for (let tries = 0; !log.includes('process up'); tries++) {
    if (bouncer.process.exitCode !== null || tries === 500) throw new Error(`PgBouncer did not start: ${log}`)
    await sleep(20)
  }
  return { port, [Symbol.asyncDispose]: bouncer.end }
}
