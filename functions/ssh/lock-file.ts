import { posix } from 'node:path'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { isMissing, type Place } from './key-file-errors.ts'
import type { FileFacts } from './sftp.ts'

/** A lock without a name in it is that of a run that was killed at that moment, or one that will write it at once. */
const namelessMs = 2_000
const pauseMs = 300
/** How often a lock may be there when we want it, and gone when we look at it. */
const mostVanished = 2
/** What is left for the edit itself. */
const reserveMs = 3_000

/** A run that changes a file, as other runs see it. */
export interface Run {
  /** What its lock says: the same for all runs for one version of one secret. */
  readonly holder: string
  /** How old a lock is whose run has ended: the longest that the function runs. */
  readonly runMs: number
  readonly context: RotationContext
}

/** Held until it is disposed of, which never throws. */
export interface Lock extends AsyncDisposable {
  /** What a file looks like that was made here just now: the host's clock, and as whom we are logged in. */
  readonly facts: FileFacts
  /** How many names the file has. */
  readonly links: number
  /**
   * Removes the files that other runs were about to replace this one by: a rename that was sent before a run was killed
   * may arrive much later, and must find nothing then.
   */
  tidy(): Promise<void>
}

/** Removes a lock that an earlier run for the same version has left. Never throws. */
export async function letGo(path: string, { sftp }: Place, { holder }: Run): Promise<void> {
  const held = await sftp.read(lockOf(path)).catch(() => undefined)
  if (held?.text === holder) await sftp.remove(lockOf(path)).catch(() => undefined)
}

const lockOf = (path: string) => `${path}.keyturn-lock`

/**
 * Keeps other runs of ours from the same file, of this secret or another one, by a file beside it. Two runs for the same
 * version share the lock: they write the same, and the earlier one may have been killed.
 * @param path the file, without symbolic links
 * @throws RotationError KeyFileBusy; SftpError where no file can be made there
 */
export async function lockFile(path: string, { sftp, where }: Place, run: Run): Promise<Lock> {
  const { holder, context } = run
  const lock = lockOf(path)
  const folder = posix.dirname(path)
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
  /** What a file is like that is made here now: it tells the host's time. */
  async function probed(): Promise<FileFacts> {
    const probe = `${path}.keyturn-probe-${Buffer.from(context.randomBytes(6)).toString('hex')}`
    await sftp.create(probe, '')
    const facts = await sftp.stat(probe)
    await sftp.remove(probe)
    return facts
  }
  async function isAbandoned(text: string): Promise<boolean> {
    if (text === '' && namelessFor >= namelessMs) return true
    const held = await sftp.stat(lock).catch(() => undefined)
    return held !== undefined && ((await probed()).mtime - held.mtime) * 1_000 > run.runMs
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

  // Another run for the same version may have ended and taken the lock with it.
  const facts = await sftp.stat(lock).catch(probed)
  const entries = await sftp.list(folder)
  const name = posix.basename(path)
  return {
    facts,
    links: entries.find((entry) => entry.name === name)?.links ?? 1,
    async tidy() {
      const ours = entries.filter((entry) => entry.name.startsWith(`${name}.keyturn-`) && !entry.name.endsWith('-lock'))
      for (const { name: left, mtime } of ours) {
        // Those who wait for the lock look at what they have just made.
        const inUse = left.startsWith(`${name}.keyturn-probe-`) && (facts.mtime - mtime) * 1_000 <= run.runMs
        if (!inUse) await sftp.remove(`${folder}/${left}`).catch(() => undefined)
      }
    },
    async [Symbol.asyncDispose]() {
      await sftp.remove(lock).catch(() => undefined)
    },
  }
}
