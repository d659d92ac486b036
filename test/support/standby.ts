import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, lstat, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../local/servers/free-port.ts'
import { giveToServer, serverUser } from '../../local/servers/server-user.ts'
import { type TestServer, testServer } from './postgres.ts'

/** A hot standby that streams from a server of this run: it has all its roles, and lets nobody change them. */
export async function startStandby(
  primary: TestServer,
): Promise<TestServer & { caughtUp(): Promise<void> } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-standby-'))
  const data = join(folder, 'data')
  const settings = await copyOf(primary, data)
  await writeFile(join(data, 'standby.signal'), '')
  await rm(join(data, 'postmaster.pid'), { force: true })
  await giveToServer(folder)

  const port = await freePort()
  const { username, password } = primary.superuser
  const from = `host=${primary.host} port=${primary.port} user=${username} password=${password}`
  const all = { ...settings, port, listen_addresses: primary.host, unix_socket_directories: '', primary_conninfo: from }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const [config] = await primary.query<{ setting: string }>("SELECT setting FROM pg_config WHERE name = 'BINDIR'")
  const server = spawn(join(config?.setting ?? '', 'postgres'), ['-D', data, ...flags], {
    ...serverUser,
    cwd: folder,
    env: { LC_ALL: 'C', PATH: process.env.PATH },
  })
  const log = { text: '' }
  server.stderr.on('data', (chunk: Buffer) => {
    log.text += chunk.toString()
  })
  process.once('exit', () => server.kill('SIGQUIT'))
  while (!log.text.includes('ready to accept read-only connections')) {
    if (server.exitCode !== null) throw new Error(`The standby did not start: ${log.text}`)
    await sleep(20)
  }
  const standby = testServer(primary.major, { ...primary, port }, async (after) => log.text.slice(after))
  return {
    ...standby,
    label: `${primary.label} (standby)`,
    async caughtUp() {
      // The primary commits asynchronously: what was committed may not be written yet. A synchronous commit writes it all.
      await using session = await primary.admin()
      await session.query('SET synchronous_commit = on')
      await session.query("SELECT pg_logical_emit_message(true, 'standby', '')")
      const { rows } = await session.query<{ lsn: string }>('SELECT pg_current_wal_lsn() AS lsn')
      const lsn = rows[0]?.lsn ?? '0/0'
      for (let done = false; !done; await sleep(10)) {
        const [row] = await standby.query<{ done: boolean }>('SELECT pg_last_wal_replay_lsn() >= $1 AS done', [lsn])
        done = row?.done ?? false
      }
    },
    async [Symbol.asyncDispose]() {
      const ended = once(server, 'exit')
      server.kill('SIGQUIT')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Copies a running server's data as a base backup does (manual, "Making a Base Backup Using the Low Level API"). */
async function copyOf(primary: TestServer, data: string): Promise<Record<string, string>> {
  await using session = await primary.admin()
  const names = ['data_directory', 'ssl', 'ssl_cert_file', 'ssl_key_file', 'max_connections', 'shared_buffers', 'fsync']
  const settings: Record<string, string> = {}
  for (const name of names) {
    const { rows } = await session.query<Record<string, string>>(`SHOW ${name}`)
    settings[name] = rows[0]?.[name] ?? ''
  }
  await session.query("SELECT pg_backup_start('standby', true)")
  const { data_directory: from = '', ...rest } = settings
  // Files that come and go while they are copied are made good by the log.
  await cp(from, data, {
    recursive: true,
    filter: async (path) => (await lstat(path).catch(() => undefined)) !== undefined,
  })
  const { rows } = await session.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)')
  await writeFile(join(data, 'backup_label'), rows[0]?.labelfile ?? '')
  return rest
}
