import { say } from '../../shared/errors/words.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { addressOf } from '../../shared/ssh-protocol/address.ts'
import { saidIn, shortName } from '../../shared/ssh-protocol/marks.ts'
import type { PrivateKey } from '../../shared/ssh-protocol/private-key.ts'
import type { Found } from './account.ts'
import { marksOf } from './authorized-keys.ts'
import { expiryFor } from './expiry.ts'
import type { Access, HostSession } from './host-session.ts'
import { type EditOptions, updateKeyFile } from './key-file.ts'
import type { SshTarget } from './target.ts'

/** What the lines of one rotation are written with. */
export interface Plan {
  readonly target: SshTarget
  readonly access: Access
  readonly pending: PrivateKey
  /** `keyturn:SECRET:`, which all marks of this secret begin with. */
  readonly owner: string
  readonly edit: EditOptions
  /** For how many hours the key before the current one still lets in, where a host knows `expiry-time`. */
  readonly oldKeyHours: number
}

/**
 * Puts the pending key beside the current one in each file of a host that has that, and takes away the key before, or
 * gives it an end.
 * @param fact ends the mark of the new line: `:fleet=...`, or nothing
 * @returns what the files hold then
 * @throws RotationError as `updateKeyFile` does
 */
export async function change(
  { place, found, connection }: Pick<HostSession, 'place' | 'found' | 'connection'>,
  { access, pending, owner, edit, oldKeyHours }: Plan,
  fact: string,
): Promise<readonly Found[]> {
  const current = access.current?.publicKey
  const after = current === undefined ? '' : `:after=${shortName(current)}`
  const mark = `${edit.holder}:of=${shortName(pending.publicKey)}${after}${fact}`
  const expiry = expiryFor(connection.software, oldKeyHours, edit.context.now())
  const done: Found[] = []
  for (const { file, text } of found) {
    // Lines that a rotation has made say what was before them.
    const known = current !== undefined && saidIn(marksOf(text, current, owner), 'after').length > 0
    const previous = known ? undefined : (await access.previous())?.publicKey
    const wanted = { current, pending: pending.publicKey, previous, owner, mark, expiry }
    done.push({ file, text: await updateKeyFile(file, text, wanted, place, edit) })
  }
  return done
}

/** Says what is to be known of the host keys. */
export function tell({ connection, host }: HostSession, context: RotationContext): void {
  const unpinned = connection.unpinned()
  if (unpinned.length > 0) {
    context.did(say`${addressOf(host)} announces host keys that are not pinned: ${unpinned.join(', ')}`)
    context.count('UnpinnedHostKeys', unpinned.length)
  }
  if (host.hostKeys === undefined)
    context.did(say`${addressOf(host)} was trusted with the host key ${connection.shown}`)
}
