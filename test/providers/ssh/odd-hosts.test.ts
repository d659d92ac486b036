import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, describe, expect, it } from 'vitest'
import { unpackedPackages } from '../../../local/servers/debian-packages.ts'
import { type SshdOptions, type SshHost, startSshd } from '../../../local/servers/sshd.ts'
import { rotationCalls } from '../../contract/calls.ts'
import { suiteFor } from '../../contract/suite.ts'
import { allWell, rotated } from '../../functions/ssh/rotation.ts'
import { type SshWish, sshKey, sshTarget } from '../../functions/ssh/secret-types.ts'
import { logsIn, readKeys, testKey, writeKeys } from '../../support/ssh.ts'
import { debianProgram } from '../../support/ssh-keygen.ts'
import { isRoot } from '../hosts.ts'

const run = promisify(execFile)
const started: SshHost[] = []
afterAll(() => Promise.all(started.map((host) => host[Symbol.asyncDispose]())))

async function hostWith(options: SshdOptions = {}): Promise<SshHost> {
  const host = await startSshd(options)
  started.push(host)
  return host
}

/** A host, and helpers to rotate a key there. */
async function on(host: SshHost, env: Readonly<Record<string, string>> = {}) {
  const type = sshKey([host])
  const suite = await suiteFor({ ...type, function: { ...type.function, env, timeoutMs: 15_000 } })
  return {
    host,
    secrets: suite.secrets,
    target: (wish: SshWish = {}) => suite.stored(() => sshTarget([host], wish)),
    /** A rotation of a new target, which is over when this is. */
    async outcome(wish: SshWish = {}) {
      const target = await suite.stored(() => sshTarget([host], wish))
      const before = await readKeys(host).catch(() => '')
      const ended = await rotated(suite.secrets, target.secretId)
      return { ...ended, target, before }
    },
    /** The secret of root, who may change any file. */
    async admin() {
      const { pem, line } = await testKey()
      await mkdir(host.path('/root/.ssh'), { recursive: true, mode: 0o700 })
      await writeFile(host.path('/root/.ssh/authorized_keys'), `${line}\n`, { mode: 0o600 })
      return { admin_secret_arn: await suite.secrets.store(JSON.stringify({ username: 'root', private_key: pem })) }
    },
    [Symbol.asyncDispose]: () => suite.secrets[Symbol.asyncDispose](),
  }
}

describe.skipIf(!isRoot)('an account', { meta: { server: 'OpenSSH 9.2p1' } }, () => {
  it('with a forced command that is no SFTP is named in the error, and testSecret does not run the command', async () => {
    await using at = await on(await hostWith())
    const options = 'command="echo ran >> /tmp/ran"'
    const { outcomes, message, before } = await at.outcome({ options })
    expect(outcomes).toEqual(['succeeded', 'SftpUnavailable'])
    expect(message).toContain('admin_secret_arn')
    expect(await readKeys(at.host)).toBe(before)
    // With an admin it works; nothing but the first attempt has run the command.
    const runs = await readFile(at.host.path('/tmp/ran'), 'utf8').catch(() => '')
    const { outcomes: byAdmin } = await at.outcome({ options, fields: await at.admin() })
    expect(byAdmin).toEqual(allWell)
    expect(await readFile(at.host.path('/tmp/ran'), 'utf8').catch(() => '')).toBe(runs)
    expect((await readKeys(at.host)).match(/^command=.*keyturn:/gm)).toHaveLength(1)
  })

  it('with a forced command that is SFTP is rotated', async () => {
    await using at = await on(await hostWith())
    const { outcomes } = await at.outcome({ options: 'restrict,command="internal-sftp"' })
    expect(outcomes).toEqual(allWell)
  })

  it('with a shell that lets nobody in is rotated by SFTP', async () => {
    const host = await hostWith()
    await using at = await on(host)
    const passwd = host.path('/etc/passwd')
    await writeFile(passwd, (await readFile(passwd, 'utf8')).replace('/home/app:/bin/bash', '/home/app:/bin/false'))
    expect((await at.outcome()).outcomes).toEqual(allWell)
  })

  it('without SFTP is SftpUnavailable', async () => {
    await using at = await on(await hostWith({ sftp: undefined }))
    expect((await at.outcome()).outcomes).toEqual(['succeeded', 'SftpUnavailable'])
  })

  it('confined to a folder is KeyFileUnknown with the cause, and an admin can change its keys', async () => {
    await using at = await on(await hostWith({ settings: ['ChrootDirectory /srv', 'ForceCommand internal-sftp'] }))
    await mkdir(at.host.path('/srv'), { recursive: true })
    const fields = { authorized_keys_path: '.ssh/authorized_keys' }
    const { outcomes, message } = await at.outcome({ fields })
    expect(outcomes).toEqual(['succeeded', 'KeyFileUnknown'])
    expect(message).toContain('ChrootDirectory')
    // Root is not confined where the rule is for the others.
    const host = await hostWith({ settings: [] })
    await using free = await on(host)
    const relative = { ...fields, ...(await free.admin()) }
    expect((await free.outcome({ fields: relative })).outcomes).toEqual(allWell)
  })

  it('that is locked, or whose file others may write, is refused, and the error names both causes', async () => {
    const host = await hostWith()
    await using at = await on(host)
    const shadow = host.path('/etc/shadow')
    const text = await readFile(shadow, 'utf8')
    await writeFile(shadow, text.replace('app:*', 'app:!'))
    const { outcomes, message } = await at.outcome()
    expect(outcomes).toEqual(['succeeded', 'LoginRefused'])
    expect(message).toMatch(/locked.*StrictModes/)
    await writeFile(shadow, text)
    const target = await at.target()
    await writeKeys(host, await readKeys(host), 0o666)
    expect((await rotated(at.secrets, target.secretId)).outcomes).toEqual(['succeeded', 'LoginRefused'])
  })
})

describe.skipIf(!isRoot)('the file of the keys', { meta: { server: 'OpenSSH 9.2p1' } }, () => {
  const files = 'AuthorizedKeysFile .ssh/authorized_keys .ssh/authorized_keys2 /etc/ssh/keys.d/%u'
  const paths = { authorized_keys_path: ['.ssh/authorized_keys', '.ssh/authorized_keys2', '/etc/ssh/keys.d/%u'] }
  /** Moves the file of keys of the account to another path of the host. */
  async function moved(host: SshHost, path: string, owner: number, mode: number) {
    await mkdir(dirname(host.path(path)), { recursive: true })
    await writeFile(host.path(path), await readKeys(host), { mode })
    await chmod(host.path(path), mode)
    await chown(host.path(path), owner, owner)
    await writeKeys(host, '# another file\n')
  }
  const linesIn = async (host: SshHost, path: string) =>
    (await readFile(host.path(path), 'utf8')).match(/keyturn:/g)?.length ?? 0

  it('is the one that holds the current key', async () => {
    await using at = await on(await hostWith({ settings: [files] }))
    const target = await at.target({ fields: paths })
    await moved(at.host, '/home/app/.ssh/authorized_keys2', 2001, 0o600)
    expect((await rotated(at.secrets, target.secretId)).outcomes).toEqual(allWell)
    expect(await linesIn(at.host, '/home/app/.ssh/authorized_keys2')).toBe(1)
    expect(await readKeys(at.host)).toBe('# another file\n')
  })

  it('may belong to root: an admin changes it, and SSH_KEEP_FILE_MODE keeps its mode', async () => {
    const path = '/etc/ssh/keys.d/app'
    const host = await hostWith({ settings: [files] })
    await using alone = await on(host)
    const target = await alone.target({ fields: paths })
    await moved(host, path, 0, 0o644)
    expect((await rotated(alone.secrets, target.secretId)).outcomes).toEqual(['succeeded', 'KeyFileNotWritable'])
    const byAdmin = async (env: Record<string, string>) => {
      await using at = await on(host, env)
      const other = await at.target({ fields: { ...paths, ...(await at.admin()) } })
      await moved(host, path, 0, 0o644)
      return await rotated(at.secrets, other.secretId)
    }
    const careful = await byAdmin({})
    expect(careful.outcomes).toEqual(['succeeded', 'KeyFileUnsafe'])
    expect(careful.message).toContain('SSH_KEEP_FILE_MODE=true')
    expect((await byAdmin({ SSH_KEEP_FILE_MODE: 'true' })).outcomes).toEqual(allWell)
    const { mode, uid } = await stat(host.path(path))
    expect([(mode & 0o777).toString(8), uid]).toEqual(['644', 0])
  })

  it('is no file that a link of the account names outside its home, for an admin', async () => {
    await using at = await on(await hostWith())
    const fields = { private_key: '', authorized_keys_path: '.ssh/authorized_keys', ...(await at.admin()) }
    const keys = at.host.path(at.host.account.keys)
    const [rootKeys, victim] = [at.host.path('/root/.ssh/authorized_keys'), at.host.path('/etc/victim')]
    const before = await readFile(rootKeys, 'utf8')
    await mkdir(victim)
    for (const [link, to] of [
      [keys, '/root/.ssh/authorized_keys'],
      [dirname(keys), '/etc/victim'],
    ] as const) {
      const target = await at.target({ fields })
      await rm(link, { recursive: true })
      await symlink(to, link)
      const { outcomes, message } = await rotated(at.secrets, target.secretId)
      expect([to, outcomes]).toEqual([to, ['succeeded', 'KeyFileUnsafe']])
      expect(message).toContain('leads out of the home')
      await rm(link)
    }
    expect(await readFile(rootKeys, 'utf8')).toBe(before)
    expect(await readdir(victim)).toEqual([])
  })

  it('is no file of root in the home of the account, for an admin, whether its path ends in a slash or not', async () => {
    await using at = await on(await hostWith())
    const keys = at.host.path(at.host.account.keys)
    for (const path of ['.ssh/authorized_keys', '.ssh/authorized_keys/']) {
      const target = await at.target({ fields: { authorized_keys_path: path, ...(await at.admin()) } })
      await chown(keys, 0, 0)
      const before = await readKeys(at.host)
      const { outcomes, message } = await rotated(at.secrets, target.secretId)
      expect([path, outcomes]).toEqual([path, ['succeeded', 'KeyFileUnsafe']])
      expect(message).toContain('belongs to another user')
      expect(await readKeys(at.host)).toBe(before)
    }
  })

  it('is not a pipe beside it, and the error says when it is too large for a list of keys', async () => {
    await using at = await on(await hostWith())
    const target = await at.target({ fields: { authorized_keys_path: paths.authorized_keys_path } })
    await run('mkfifo', ['-m', '644', `${at.host.path(at.host.account.keys)}2`])
    expect((await rotated(at.secrets, target.secretId)).outcomes).toEqual(allWell)
    await truncate(at.host.path(at.host.account.keys), 2_000_000)
    const { outcomes, message } = await rotated(at.secrets, target.secretId)
    expect(outcomes).toEqual(['succeeded', 'KeyFileUnknown'])
    expect(message).toContain('is larger than 1 MiB')
  })

  it('is none where a command serves the keys, and the error says so', async () => {
    const settings = [
      'AuthorizedKeysCommand /bin/cat /etc/ssh/served',
      'AuthorizedKeysCommandUser root',
      'AuthorizedKeysFile none',
    ]
    await using at = await on(await hostWith({ settings }))
    const target = await at.target()
    await writeFile(at.host.path('/etc/ssh/served'), await readKeys(at.host))
    await writeKeys(at.host, '')
    const { outcomes, message } = await rotated(at.secrets, target.secretId)
    expect(outcomes).toEqual(['succeeded', 'KeyFileUnknown'])
    expect(message).toContain('AuthorizedKeysCommand')
  })

  it('may be a symbolic link, which stays one: the file that it names is changed', async () => {
    const host = await hostWith()
    await using at = await on(host)
    const target = await at.target()
    const [link, real] = [host.path(host.account.keys), host.path('/home/app/keys')]
    await run('mv', [link, real])
    await run('ln', ['-s', '../keys', link])
    expect((await rotated(at.secrets, target.secretId)).outcomes).toEqual(allWell)
    expect((await run('readlink', [link])).stdout.trim()).toBe('../keys')
    expect(await readFile(real, 'utf8')).toContain('keyturn:')
  })

  it('is made by an admin, with its folder, for an account that has no key yet', async () => {
    const host = await hostWith()
    await using at = await on(host)
    await rm(host.path('/home/app/.ssh'), { recursive: true })
    const fields = {
      ...(await at.admin()),
      username: 'app',
      hosts: [{ host: host.host, port: host.port, host_keys: host.hostKeys }],
    }
    const secretId = await at.secrets.store(JSON.stringify({ private_key: '', ...fields }))
    expect((await rotated(at.secrets, secretId)).outcomes).toEqual(allWell)
    const { private_key: pem } = JSON.parse((await at.secrets.value(secretId, 'AWSCURRENT')) ?? '{}')
    expect(await logsIn(host, pem)).toBe(true)
    const { mode, uid } = await stat(host.path(host.account.keys))
    expect([(mode & 0o777).toString(8), uid]).toEqual(['600', 2001])
    expect((await rotated(at.secrets, secretId)).outcomes).toEqual(allWell)
    at.secrets.local.calls.clear()
    expect((await rotated(at.secrets, secretId)).outcomes).toEqual(allWell)
    expect(at.secrets.local.calls.by('SshKey')).toHaveLength(rotationCalls.SshKey.withAdmin)
  })
})

describe.skipIf(!isRoot)('a file that cannot be replaced', { meta: { server: 'OpenSSH 9.2p1' } }, () => {
  const folder = '/home/app/.ssh'

  /** Everything fails before the file is touched, and nothing is left lying there. */
  async function expectUntouched(host: SshHost, before: string) {
    expect(await readKeys(host)).toBe(before)
    expect((await run('ls', ['-A', host.path(folder)])).stdout.trim()).toBe('authorized_keys')
  }

  it('because it has several hard links is left alone, and the error says so', async () => {
    await using at = await on(await hostWith())
    const target = await at.target()
    await run('ln', [at.host.path(at.host.account.keys), at.host.path('/home/app/other')])
    const before = await readKeys(at.host)
    const { outcomes, message } = await rotated(at.secrets, target.secretId)
    expect(outcomes).toEqual(['succeeded', 'KeyFileUnsafe'])
    expect(message).toContain('2 names')
    await expectUntouched(at.host, before)
  })

  it('on a full disk is KeyFileNotWritable, and can be tried again', async () => {
    await using at = await on(await hostWith())
    const inside = at.host.path(folder)
    await run('mount', ['-t', 'tmpfs', '-o', 'size=16k,uid=2001,gid=2001,mode=700', 'none', inside])
    try {
      const target = await at.target()
      await run('sh', ['-c', `head -c 16384 /dev/zero > ${inside}/filler || true`])
      const before = await readKeys(at.host)
      const { outcomes, message, rotation } = await rotated(at.secrets, target.secretId)
      expect(outcomes).toEqual(['succeeded', 'KeyFileNotWritable'])
      expect(message).toMatch(/the file system is full.*Trying again can help\.$/)
      expect(await readKeys(at.host)).toBe(before)
      await rm(`${inside}/filler`)
      await rotation.run('createSecret', 'setSecret', 'testSecret', 'finishSecret')
      expect((await run('ls', ['-A', inside])).stdout.trim()).toBe('authorized_keys')
    } finally {
      await run('umount', [inside])
    }
  })

  it('on a read-only file system is KeyFileNotWritable', async () => {
    await using at = await on(await hostWith())
    const target = await at.target()
    const inside = at.host.path(folder)
    await run('mount', ['--bind', inside, inside])
    try {
      await run('mount', ['-o', 'remount,bind,ro', inside])
      const before = await readKeys(at.host)
      const { outcomes, message } = await rotated(at.secrets, target.secretId)
      expect(outcomes).toEqual(['succeeded', 'KeyFileNotWritable'])
      expect(message).toContain('the file system is read-only')
      await expectUntouched(at.host, before)
    } finally {
      await run('umount', [inside])
    }
  })

  it('that is immutable, or in a folder of root, is KeyFileNotWritable', async () => {
    await using at = await on(await hostWith())
    const path = at.host.path(at.host.account.keys)
    for (const [lock, unlock] of [
      [
        ['chattr', '+i', path],
        ['chattr', '-i', path],
      ],
      [
        ['chown', 'root', dirname(path)],
        ['chown', '2001', dirname(path)],
      ],
    ] as const) {
      const target = await at.target()
      await run(lock[0], lock.slice(1))
      await chmod(dirname(path), 0o755)
      try {
        const before = await readKeys(at.host)
        const { outcomes, message } = await rotated(at.secrets, target.secretId)
        expect([lock, outcomes]).toEqual([lock, ['succeeded', 'KeyFileNotWritable']])
        expect(message).toMatch(/permission was denied.*lsattr/s)
        await expectUntouched(at.host, before)
      } finally {
        await run(unlock[0], unlock.slice(1))
      }
    }
  })

  it('with an ACL becomes a file that is open to nobody but its owner', async () => {
    await using at = await on(await hostWith())
    const target = await at.target()
    const path = at.host.path(at.host.account.keys)
    const { folder: unpacked } = await unpackedPackages('bookworm', ['acl'])
    const [setfacl, ...before] = debianProgram(unpacked, 'bin/setfacl')
    await run(setfacl, [...before, '-m', 'u:2002:r--,m::r--', path])
    const mode = async () => ((await stat(path)).mode & 0o777).toString(8)
    expect(await mode()).toBe('640')
    expect((await rotated(at.secrets, target.secretId)).outcomes).toEqual(allWell)
    expect(await mode()).toBe('600')
  })
})

describe.skipIf(!isRoot)('the text of the file', { meta: { server: 'OpenSSH 9.2p1' } }, () => {
  const bom = '\xef\xbb\xbf'

  it('may have a BOM before a line of somebody else; before ours, the login is refused', async () => {
    await using at = await on(await hostWith())
    const target = await at.target()
    await writeKeys(at.host, `${bom}# first line\n${await readKeys(at.host)}`)
    expect((await rotated(at.secrets, target.secretId)).outcomes).toEqual(allWell)
    expect(await readKeys(at.host)).toMatch(/^\xef\xbb\xbf# first line\n/)
    await writeKeys(at.host, '')
    const other = await at.target()
    const text = `${bom}${await readKeys(at.host)}`
    await writeKeys(at.host, text)
    expect((await rotated(at.secrets, other.secretId)).outcomes).toEqual(['succeeded', 'LoginRefused'])
    expect(await readKeys(at.host)).toBe(text)
  })

  it('is left alone with an error where it cannot be read or makes no sense', async () => {
    const settings = [
      'AuthorizedKeysCommand /bin/cat /etc/ssh/served',
      'AuthorizedKeysCommandUser root',
      'AuthorizedKeysFile none',
    ]
    await using at = await on(await hostWith({ settings }))
    const path = at.host.path(at.host.account.keys)
    const broken = (keys: string) => `\x00\xff${keys.replaceAll(' ', '\x00')}`
    for (const [change, owner] of [
      [(keys: string) => keys, 0],
      [broken, 2001],
    ] as const) {
      await writeKeys(at.host, '')
      const target = await at.target()
      const keys = await readKeys(at.host)
      await writeFile(at.host.path('/etc/ssh/served'), keys)
      const text = change(keys)
      await writeKeys(at.host, text)
      await chown(path, owner, owner)
      const { outcomes, message } = await rotated(at.secrets, target.secretId)
      expect(outcomes).toEqual(['succeeded', 'KeyFileUnknown'])
      expect(message.includes('cannot be read')).toBe(owner === 0)
      expect(await readKeys(at.host)).toBe(text)
    }
  })

  it('keeps what others change, over a rotation, a dropped one, and the one after it', async () => {
    await using at = await on(await hostWith())
    const target = await at.target({ around: ['# top\n', '\r\nnot a key\n'] })
    await at.secrets.rotate(target.secretId)
    const stuck = await at.secrets.begin(target.secretId)
    await stuck.run('createSecret', 'setSecret')
    const { line } = await testKey()
    const theirs = [`\n\n# later\n`, `from="10.0.0.0/8",no-pty ${line} bob@example\n`, '  # no newline at the end']
    await writeKeys(at.host, `${theirs[0]}${await readKeys(at.host)}${theirs[1]}${theirs[2]}`)
    await stuck.end().catch(() => undefined)
    const { secretId: SecretId } = target
    await at.secrets.client.send(
      new UpdateSecretVersionStageCommand({ SecretId, RemoveFromVersionId: stuck.token, VersionStage: 'AWSPENDING' }),
    )
    await at.secrets.rotate(SecretId)
    const text = await readKeys(at.host)
    const ours = text.split(/(?<=\n)/).filter((each) => each.includes('keyturn:'))
    expect(ours).toHaveLength(2)
    expect(ours.reduce((rest, each) => rest.replace(each, ''), text)).toBe(
      `${theirs[0]}# top\nnot a key\n${theirs[1]}${theirs[2]}`,
    )
  })
})
