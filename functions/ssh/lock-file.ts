import { RotationError } from '../../shared/rotation/errors.ts'
import { say } from '../../shared/rotation/words.ts'
import type { EditOptions } from './key-file.ts'
import { isMissing, type Place } from './key-file-errors.ts'
import type { FileFacts } from './sftp.ts'

/** A lock without a name in it is that of a run that was killed at that moment, or one that will write it at once. */
const namelessMs = 2_000
const pauseMs = 300
/** How often a lock may be there when we want it, and gone when we look at it. */
const mostVanished = 2
/** What is left for the edit itself. */
const reserveMs = 3_000

/** Held until it is disposed of, which never throws. */
export interface Lock extends AsyncDisposable {
  /** What a file looks like that was made here just now: the host's clock, and as whom we are logged in. */
  readonly facts: FileFacts
  /** How many names the file has. */
  readonly links: number
  /** Removes files that killed runs have left. */
  tidy(): Promise<void>
}

/**
 * Keeps other runs of ours from the same file, of this secret or another one, by a file beside it. Two runs for the same
 * version share the lock: they write the same, and the earlier one may have been killed.
 * @param path the file, without symbolic links
 * @throws RotationError KeyFileBusy; SftpError where no file can be made there
 */
export async function lockFile(path: string, { sftp, where }: Place, options: EditOptions): Promise<Lock> {
  const { holder, context } = options
  const lock = `${path}.keyturn-lock`
  const folder = path.replace(/\/[^/]*$/, '') || '/'
  let namelessFor = 0
  let vanished = 0

  /** @returns who holds it, or undefined where nobody does any more */
  async function take(): Promise<string | undefined> {
    try {
      await sftp.create(lock, holder)
      return holder
    } catch (error) {
      // "Failure" is said of a file that exists, and of much else: then there is no lock to be read, however often.
      const held = await sftp.read(lock).catch((missing) => {
        if (!isMissing(missing) || ++vanished > mostVanished) throw error
        return undefined
      })
      return held?.text
    }
  }
  /** The host's time, in seconds, by a file that is made for it. */
  async function now(): Promise<number> {
    const probe = `${path}.keyturn-${Buffer.from(context.randomBytes(6)).toString('hex')}`
    await sftp.create(probe, '')
    const { mtime } = await sftp.stat(probe)
    await sftp.remove(probe)
    return mtime
  }
  async function isAbandoned(text: string): Promise<boolean> {
    if (text === '' && namelessFor >= namelessMs) return true
    const held = await sftp.stat(lock).catch(() => undefined)
    return held !== undefined && ((await now()) - held.mtime) * 1_000 > options.runMs
  }

  for (;;) {
    const held = await take()
    if (held === holder) break
    if (held === undefined) continue
    if (await isAbandoned(held)) {
      await sftp.remove(lock).catch(() => undefined)
      continue
    }
    if (context.remainingMs() < reserveMs + pauseMs) {
      throw new RotationError('KeyFileBusy', say`${path} on ${where} is being changed by another run (${lock}).`)
    }
    await context.sleep(pauseMs)
    namelessFor = held === '' ? namelessFor + pauseMs : 0
  }

  const [facts, entries] = await Promise.all([sftp.stat(lock), sftp.list(folder)])
  const name = path.slice(folder.length).replace(/^\//, '')
  return {
    facts,
    links: entries.find((entry) => entry.name === name)?.links ?? 1,
    async tidy() {
      const ours = entries.filter((entry) => entry.name.startsWith(`${name}.keyturn-`) && !entry.name.endsWith('-lock'))
      for (const { name: left, mtime } of ours) {
        if ((facts.mtime - mtime) * 1_000 > options.runMs) await sftp.remove(`${folder}/${left}`).catch(() => undefined)
      }
    },
    async [Symbol.asyncDispose]() {
      await sftp.remove(lock).catch(() => undefined)
    },
  }
}
