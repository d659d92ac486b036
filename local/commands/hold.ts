import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Step } from '../../shared/rotation/event.ts'
import type { Rotation, Secret } from '../secrets-manager/service/store.ts'

/** Where held events are written, seen from where the command was started. */
export const heldFolder = join('.keyturn', 'held')

export interface Held {
  readonly secret: Secret
  /** The files, in the order in which they are to be invoked. */
  readonly files: readonly string[]
}

/**
 * Writes the events of a rotation as files, readable by their owner alone: a RotationToken is a secret.
 * @param report is told which files there are
 */
export function holdIn(folder: string, report: (held: Held) => void) {
  return async (secret: Secret, { token, rotationToken }: Rotation, steps: readonly Step[]): Promise<void> => {
    const directory = join(folder, fileName(secret.name))
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const files: string[] = []
    for (const Step of steps) {
      const file = join(directory, `${Step.replace('Secret', '-secret')}.json`)
      const event = { Step, SecretId: secret.arn, ClientRequestToken: token, RotationToken: rotationToken }
      // The mode counts only for a new file.
      await rm(file, { force: true })
      await writeFile(file, `${JSON.stringify(event, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' })
      files.push(file)
    }
    report({ secret, files })
  }
}

/** A secret's name may have slashes, and may be `..`; no two names share a file name. */
function fileName(name: string): string {
  const encode = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  return name.replaceAll(/[^A-Za-z0-9_.@+=-]|^\./g, encode)
}
