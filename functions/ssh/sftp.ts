import type { SFTPWrapper } from 'ssh2'

/** What a file is like, as far as SFTP tells. */
export interface FileFacts {
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  /** In seconds, by the host's clock. */
  readonly mtime: number
}

export interface NewFile {
  readonly mode: number
  /** User and group, where they are not those of the account that logs in. */
  readonly owner: readonly [number, number] | undefined
}

/** The operations that an edit is made of. All reject with SftpError. Texts have one character a byte. */
export interface Sftp {
  realpath(path: string): Promise<string>
  stat(path: string): Promise<FileFacts>
  /** The whole file, and what it was like when it was opened. */
  read(path: string): Promise<{ readonly text: string; readonly facts: FileFacts }>
  /** Makes a file that must not exist yet. Where that fails half-way, it is removed again. */
  create(path: string, text: string, like?: NewFile): Promise<void>
  /** Replaces the second by the first, in one moment. */
  replace(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  makeFolder(path: string, owner: readonly [number, number]): Promise<void>
  list(folder: string): Promise<readonly { readonly name: string; readonly links: number; readonly mtime: number }[]>
  /** What the file system is like, which the code of an error does not tell; undefined where the server does not say it. */
  space(path: string): Promise<Space | undefined>
  /** Whether the server can replace a file and write it to the disk (OpenSSH's extensions). */
  readonly canReplace: boolean
}

/** Whether a file system is full, and whether it is read-only. */
export interface Space {
  readonly full: boolean
  readonly readOnly: boolean
}

/** A status of SFTP: 2 no such file, 3 permission denied, 4 failure (draft-ietf-secsh-filexfer-02 §7). */
export class SftpError extends Error {
  readonly status: number
  readonly operation: string
  /** What the file system was like at that moment, where a file was to be made. */
  space: Space | undefined
  constructor(operation: string, status: number, cause: unknown) {
    super(`${operation} was answered with ${status}`, { cause })
    this.space = undefined
    this.status = status
    this.operation = operation
  }
}

type Done<T> = (error: Error | null | undefined, value?: T) => void

/** @param wrapper an open SFTP of ssh2 */
export function sftpOf(wrapper: SFTPWrapper): Sftp {
  const ended = Promise.withResolvers<never>()
  ended.promise.catch(() => undefined)
  // ssh2 answers no call whose channel has ended.
  wrapper.on('close', () => ended.reject(new SftpError('the connection ended', connectionLost, undefined)))
  wrapper.on('error', () => undefined)

  async function ask<T>(operation: string, call: (done: Done<T>) => unknown): Promise<T> {
    const asked = new Promise<T>((resolve, reject) => {
      call((error, value) => {
        if (error) reject(new SftpError(operation, statusOf(error), error))
        else resolve(value as T)
      })
    })
    return Promise.race([asked, ended.promise])
  }
  const open = (path: string, flags: 'r' | 'wx', mode?: number) =>
    ask<Buffer>(`open ${path}`, (done) => wrapper.open(path, flags, mode === undefined ? {} : { mode }, done))
  const close = (path: string, handle: Buffer) => ask<void>(`close ${path}`, (done) => wrapper.close(handle, done))

  const readAt = (path: string, handle: Buffer, at: number) =>
    ask<Buffer>(`read ${path}`, (done) => {
      const into = Buffer.alloc(32_768)
      wrapper.read(handle, into, 0, into.length, at, (error, bytes) => {
        if ((error as { code?: number } | undefined)?.code === endOfFile) done(undefined, Buffer.alloc(0))
        else done(error, into.subarray(0, bytes))
      })
    })

  async function space(path: string): Promise<Space | undefined> {
    if (!hasExtension(wrapper, 'statvfs@openssh.com')) return undefined
    type Vfs = { readonly f_bavail: number; readonly f_flag: number }
    const vfs = wrapper as unknown as { ext_openssh_statvfs(path: string, done: Done<Vfs>): void }
    const found = await ask<Vfs>(`statvfs ${path}`, (done) => vfs.ext_openssh_statvfs(path, done)).catch(
      () => undefined,
    )
    return found && { full: found.f_bavail === 0, readOnly: (found.f_flag & 1) === 1 }
  }

  return {
    canReplace: hasExtension(wrapper, 'posix-rename@openssh.com') && hasExtension(wrapper, 'fsync@openssh.com'),
    realpath: (path) => ask(`realpath ${path}`, (done) => wrapper.realpath(path, done)),
    stat: (path) => ask(`stat ${path}`, (done) => wrapper.stat(path, done)),
    async read(path) {
      const handle = await open(path, 'r')
      try {
        const facts = await ask<FileFacts>(`fstat ${path}`, (done) => wrapper.fstat(handle, done))
        // Whether it has grown since is seen when it is replaced: it is read once more before.
        const chunks: Buffer[] = []
        for (let at = 0; at < facts.size; at += chunks.at(-1)?.length ?? 0) {
          const chunk = await readAt(path, handle, at)
          if (chunk.length === 0) break
          chunks.push(chunk)
        }
        return { text: Buffer.concat(chunks).toString('latin1'), facts }
      } finally {
        await close(path, handle).catch(() => undefined)
      }
    },
    async create(path, text, like) {
      const bytes = Buffer.from(text, 'latin1')
      const handle = await open(path, 'wx', 0o600)
      try {
        await ask<void>(`write ${path}`, (done) => wrapper.write(handle, bytes, 0, bytes.length, 0, done))
        if (like?.owner !== undefined) {
          const [uid, gid] = like.owner
          await ask<void>(`chown ${path}`, (done) => wrapper.fchown(handle, uid, gid, done))
        }
        if (like !== undefined) {
          await ask<void>(`chmod ${path}`, (done) => wrapper.fchmod(handle, like.mode, done))
          await ask<void>(`fsync ${path}`, (done) => wrapper.ext_openssh_fsync(handle, done))
        }
        await close(path, handle)
      } catch (error) {
        if (error instanceof SftpError) error.space = await space(path)
        await close(path, handle).catch(() => undefined)
        await ask(`remove ${path}`, (done) => wrapper.unlink(path, done)).catch(() => undefined)
        throw error
      }
    },
    replace: (from, to) => ask(`rename ${from}`, (done) => wrapper.ext_openssh_rename(from, to, done)),
    remove: (path) => ask(`remove ${path}`, (done) => wrapper.unlink(path, done)),
    async makeFolder(path, [uid, gid]) {
      await ask<void>(`mkdir ${path}`, (done) => wrapper.mkdir(path, { mode: 0o700 }, done))
      await ask<void>(`chown ${path}`, (done) => wrapper.chown(path, uid, gid, done))
    },
    async list(folder) {
      type Entry = { readonly filename: string; readonly longname: string; readonly attrs: FileFacts }
      const entries = await ask<Entry[]>(`list ${folder}`, (done) => wrapper.readdir(folder, done as never))
      // SFTP has no count of links; OpenSSH's long name has it, as `ls -l` does, in its second column.
      return entries.map(({ filename, longname, attrs }) => ({
        name: filename,
        links: Number(/^\S+\s+(\d+)\s/.exec(longname)?.[1] ?? 1),
        mtime: attrs.mtime,
      }))
    },
    space,
  }
}

const endOfFile = 1
const connectionLost = 7

/** What ssh2 gives without a status, no server has answered. */
function statusOf(error: Error): number {
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'number' ? code : connectionLost
}

/** ssh2 knows what the server has offered, and does not say so. */
function hasExtension(wrapper: SFTPWrapper, name: string): boolean {
  const { _extensions: offered } = wrapper as unknown as { readonly _extensions?: Readonly<Record<string, unknown>> }
  return offered !== undefined && name in offered
}
