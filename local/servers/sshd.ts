import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'
import { unpackedPackages } from './debian-packages.ts'
import { freePort } from './free-port.ts'
import { guardedServer } from './guarded-server.ts'
import { type Account, furnish } from './jail.ts'

/** A host that accepts logins with keys alone. */
export interface SshHost extends AsyncDisposable {
  /** The version of OpenSSH, for instance `9.2p1`. */
  readonly version: string
  readonly host: '127.0.0.1'
  readonly port: number
  /** The host's public keys as host_keys takes them, in the order of their types. */
  readonly hostKeys: readonly string[]
  readonly account: Account
  /** The path on this machine of a path of the host. */
  path(path: string): string
  log(): string
}

export interface SshdOptions {
  /** Debian's name of the release whose OpenSSH it is. */
  readonly suite?: string
  /** Lines of sshd_config, before all others. */
  readonly settings?: readonly string[]
  readonly address?: string
  /** The command that serves SFTP; undefined for none. */
  readonly sftp?: string | undefined
  /** The types of the host's keys, as ssh-keygen names them. */
  readonly hostKeyTypes?: readonly string[]
}

const run = promisify(execFile)
const packages = ['openssh-server', 'openssh-sftp-server', 'bash', 'coreutils', 'dash']

/**
 * Starts an sshd from a Debian package that is downloaded once. Root gets a host of its own: a file system (chroot) with an
 * account `app`, another one `bob`, and root. Any other user gets one that lets in that user, with a folder of its own for
 * the home in which SFTP begins. Nothing on the machine is changed.
 * @throws Error which says why the packages cannot be had, or with sshd's own words where it does not start
 */
export async function startSshd(options: SshdOptions = {}): Promise<SshHost> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-sshd-'))
  try {
    return await startIn(folder, options)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

async function startIn(folder: string, options: SshdOptions): Promise<SshHost> {
  const sftp = 'sftp' in options ? options.sftp : 'internal-sftp'
  const { suite = 'bookworm', settings = [], address = '127.0.0.1', hostKeyTypes = ['ed25519'] } = options
  const { folder: unpacked, versions } = await unpackedPackages(suite, packages)
  const { folder: client } = await unpackedPackages('bookworm', ['openssh-client'])
  const isRoot = process.getuid?.() === 0
  const root = isRoot ? join(folder, 'root') : ''
  const files = isRoot ? '/etc/ssh' : join(folder, 'etc')
  const home = join(folder, 'home')
  const account = isRoot ? await furnish(unpacked, root) : await ownAccount(home)
  const path = (given: string) => (isRoot ? root + given : isAbsolute(given) ? given : join(home, given))
  await mkdir(root + files, { recursive: true })
  const hostKeys: string[] = []
  for (const type of hostKeyTypes) {
    const [program = '', ...before] = own(client, 'usr/bin/ssh-keygen')
    const path = `${root}${files}/${type}_key`
    await run(program, [...before, '-q', '-t', type, '-N', '', '-C', '', '-f', path])
    hostKeys.push((await readFile(`${path}.pub`, 'utf8')).trim())
  }

  const port = await freePort(address)
  const config = [
    ...settings,
    ...hostKeyTypes.map((type) => `HostKey ${files}/${type}_key`),
    ...[`ListenAddress ${address}`, `Port ${port}`],
    ...['PidFile none', 'UsePAM no', 'LogLevel VERBOSE'],
    ...(sftp === undefined
      ? []
      : [`Subsystem sftp ${sftp === 'internal-sftp' && !isRoot ? `${sftp} -d ${home}` : sftp}`]),
    // A client that was killed is noticed, and its session ends.
    ...['PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'UseDNS no', 'ClientAliveInterval 30'],
    ...(isRoot ? [] : [`AuthorizedKeysFile ${path(account.keys)}`, 'StrictModes no']),
  ]
  await writeFile(`${root}${files}/sshd_config`, `${config.join('\n')}\n`)
  const command = isRoot ? ['chroot', root, '/usr/sbin/sshd'] : [...own(unpacked, 'usr/sbin/sshd'), '-r']
  // As root it has to become the user that logs in. Started by another user, it can only be that user.
  const server = guardedServer(folder, 'KILL', [...command, '-D', '-e', '-f', `${files}/sshd_config`], process.env, {})
  let said = ''
  server.process.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  try {
    await listening(server.process, () => said)
  } catch (error) {
    await server.end()
    throw error
  }
  return {
    host: '127.0.0.1',
    port,
    hostKeys,
    account,
    version: /:(\d[^-]*)/.exec(versions['openssh-server'] ?? '')?.[1] ?? '',
    path,
    log: () => said,
    [Symbol.asyncDispose]: () => server.end(),
  }
}

/** The path of its keys is below the home, as that is all that several of these hosts have in common. */
async function ownAccount(home: string): Promise<Account> {
  const username = ownName()
  await mkdir(join(home, '.ssh'), { recursive: true, mode: 0o700 })
  return { username, home, keys: '.ssh/authorized_keys', uid: undefined, gid: undefined }
}

function ownName(): string {
  try {
    return userInfo().username
  } catch (cause) {
    const what = `The user ${process.getuid?.()} has no entry in /etc/passwd, and sshd lets in only who has one.`
    throw new Error(`${what} Run this as a user who has one, or as root.`, { cause })
  }
}

/** Runs a program with the package's own loader and libraries, so that any Linux will do. sshd cannot restart itself then (-r). */
function own(unpacked: string, program: string): string[] {
  const triple = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'
  const folders = [join(unpacked, 'lib', triple), join(unpacked, 'usr', 'lib', triple)]
  const loader = process.arch === 'arm64' ? 'ld-linux-aarch64.so.1' : 'ld-linux-x86-64.so.2'
  return [join(folders[0] ?? '', loader), '--library-path', folders.join(':'), join(unpacked, program)]
}

async function listening(
  server: { readonly stderr: NodeJS.ReadableStream | null } & NodeJS.EventEmitter,
  said: () => string,
) {
  const ended = once(server, 'exit')
  const deadline = AbortSignal.timeout(15_000)
  while (!said().includes('Server listening on')) {
    const something = server.stderr === null ? ended : once(server.stderr, 'data', { signal: deadline })
    const over = await Promise.race([ended.then(() => true), something.then(() => false)]).catch(() => true)
    if (over && !said().includes('Server listening on')) throw new Error(`sshd did not start: ${said()}`)
  }
}
