import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** An account of a host that accepts logins. Its file of keys does not exist yet. */
export interface Account {
  readonly username: string
  readonly home: string
  /** The path of its authorized_keys, as a secret has it. */
  readonly keys: string
  /** Undefined where the account is this process's own. */
  readonly uid: number | undefined
  readonly gid: number | undefined
}

const app: Account = {
  username: 'app',
  home: '/home/app',
  keys: '/home/app/.ssh/authorized_keys',
  uid: 2001,
  gid: 2001,
}

/**
 * Makes a folder into the root of a small Debian with accounts of its own. Only root can.
 * @param unpacked packages, which stay as they are
 * @param root a path where nothing is yet
 */
export async function furnish(unpacked: string, root: string): Promise<Account> {
  // Names for the same files where they are on one file system: nothing writes to them.
  await run('cp', ['-al', unpacked, root]).catch(async () => {
    await rm(root, { recursive: true, force: true })
    await run('cp', ['-a', unpacked, root])
  })
  // Programs in /usr are meant to be found in / as well (Debian 12 and later).
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    if (!(await stat(join(root, name)).catch(() => undefined))) await symlink(`usr/${name}`, join(root, name))
  }
  for (const name of ['dev', 'etc', 'root', 'run/sshd', 'tmp', 'home/app/.ssh', 'home/bob']) {
    await mkdir(join(root, name), { recursive: true })
  }
  await run('mknod', ['-m', '666', join(root, 'dev/null'), 'c', '1', '3'])
  const accounts = [
    'root:x:0:0::/root:',
    'sshd:x:100:65534::/run/sshd:',
    'app:x:2001:2001::/home/app:',
    'bob:x:2002:2002::/home/bob:',
  ]
  const names = accounts.map((line) => line.split(':', 1))
  await write(
    'etc/passwd',
    accounts.map((line) => `${line}/bin/bash`),
  )
  await write(
    'etc/shadow',
    names.map((name) => `${name}:*:20000::::::`),
  )
  await write('etc/group', ['root:x:0:', 'app:x:2001:', 'bob:x:2002:', 'nogroup:x:65534:'])
  for (const folder of ['home/app', 'home/app/.ssh']) await chown(join(root, folder), 2001, 2001)
  await chown(join(root, 'home/bob'), 2002, 2002)
  await chmod(join(root, 'home/app/.ssh'), 0o700)
  await chmod(root, 0o755)
  return app

  async function write(path: string, lines: readonly string[]) {
    await rm(join(root, path), { force: true })
    await writeFile(join(root, path), `${lines.join('\n')}\n`)
  }
}
