import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import type { SshHost } from '../../local/servers/sshd.ts'
import type { FaultGate } from '../contract/fault-gate.ts'

/** Types of SFTP's packets (draft-ietf-secsh-filexfer-02 §3). */
const names: Readonly<Record<number, string>> = {
  3: 'open',
  4: 'close',
  5: 'read',
  6: 'write',
  7: 'lstat',
  8: 'fstat',
  9: 'setstat',
  10: 'fsetstat',
  11: 'opendir',
  12: 'readdir',
  13: 'remove',
  14: 'mkdir',
  15: 'rmdir',
  16: 'realpath',
  17: 'stat',
  18: 'rename',
  200: 'extended',
}

export interface Gated extends AsyncDisposable {
  /** What sshd is to start for SFTP. */
  readonly command: string
  /** Has hosts behind it. Its connections are calls, too. */
  readonly port: number
  /** The host whose SFTP is served. It has to be said before the first connection. */
  serve(host: SshHost): void
  /** Kills the processes that serve SFTP at the moment. */
  die(): void
}

/**
 * Has all requests of a function to a host pass a gate: SSH is encrypted, but the stream between sshd and SFTP is not. sshd starts,
 * as the account, a command that connects to here; the real sftp-server is started here, as the account as well.
 */
export async function sftpGate(gate: FaultGate): Promise<Gated> {
  let host: SshHost | undefined
  const servers = new Set<ChildProcess>()
  const sftp = await listening((socket) => {
    if (host === undefined) return
    const server = relay(socket, host, gate)
    servers.add(server)
    server.once('exit', () => servers.delete(server))
  })
  const ssh = await listening((client) => {
    const call = gate.arrive('connection')
    if (host === undefined || !call.leaves()) return
    const upstream = connect(host.port, '127.0.0.1')
    upstream.on('error', () => undefined).on('close', () => client.destroy())
    client.on('close', () => upstream.destroy())
    let open: boolean | undefined
    upstream.on('data', (chunk: Buffer) => {
      open ??= call.answers()
      if (open) client.write(chunk)
    })
    client.pipe(upstream)
  })
  return {
    // Bash, the account's shell, runs it as it stands. When the answers end, it stops sending as well.
    command: `exec 3<>/dev/tcp/127.0.0.1/${sftp.port}; (cat <&3; kill -9 $$) & exec cat >&3`,
    port: ssh.port,
    serve(one) {
      host = one
    },
    die() {
      for (const server of servers) server.kill('SIGKILL')
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([sftp.end(), ssh.end()])
    },
  }
}

/** A request is a call; its answer is known by the same number. */
function relay(socket: Socket, { account, path }: SshHost, gate: FaultGate): ChildProcess {
  const { home, uid, gid } = account
  const program = '/usr/lib/openssh/sftp-server'
  const command = ['chroot', `--userspec=${uid}:${gid}`, path('/'), '/bin/bash', '-c', `cd ${home}; exec ${program}`]
  const [file = '', ...args] = uid === undefined ? [join(home, program)] : command
  const server = spawn(file, args, { stdio: ['pipe', 'pipe', 'ignore'] })
  server.stdin.on('error', () => undefined)
  server.on('exit', () => socket.destroy())
  socket.on('close', () => server.kill('SIGKILL'))
  const calls = new Map<number, ReturnType<FaultGate['arrive']>>()
  socket.on(
    'data',
    packets((type, id, whole) => {
      if (type === 1) return void server.stdin.write(whole)
      const call = gate.arrive(type === 200 ? extension(whole) : (names[type] ?? String(type)))
      calls.set(id, call)
      if (call.leaves()) server.stdin.write(whole)
    }),
  )
  server.stdout.on(
    'data',
    packets((type, id, whole) => {
      if (type === 2 || (calls.get(id)?.answers() ?? true)) socket.write(whole)
    }),
  )
  return server
}

function extension(whole: Buffer): string {
  return whole
    .subarray(13, 13 + whole.readUInt32BE(9))
    .toString()
    .replace('@openssh.com', '')
}

function packets(take: (type: number, id: number, whole: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 9 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const whole = rest.subarray(0, 4 + rest.readUInt32BE(0))
      rest = rest.subarray(whole.length)
      take(whole[4] ?? 0, whole.readUInt32BE(5), whole)
    }
  }
}

async function listening(take: (socket: Socket) => void): Promise<{ readonly port: number; end(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket
      .setNoDelay()
      .on('error', () => undefined)
      .on('close', () => sockets.delete(socket))
    take(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async end() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
