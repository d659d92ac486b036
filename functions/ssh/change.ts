import { say } from '../../shared/errors/words.ts'
import { naming, ownerOf } from '../../shared/ssh-protocol/marks.ts'
import type { PrivateKey } from '../../shared/ssh-protocol/private-key.ts'
import type { Access } from './access.ts'
import type { Found } from './account.ts'
import { namedBefore } from './authorized-keys.ts'
import { expiryFor } from './expiry.ts'
import type { HostSession } from './host-session.ts'
import { type Edit, updateKeyFile } from './key-file.ts'

/** What the lines of one rotation are written with. */
export interface Plan extends Access, Pick<Edit, 'runMs' | 'keepMode' | 'isStillPending'> {
  readonly pending: PrivateKey
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
  plan: Plan,
  fact: string,
): Promise<readonly Found[]> {
  const { context, pending } = plan
  const current = plan.current?.publicKey
  const owner = ownerOf(context)
  const holder = `${owner}${context.token}`
  const mark = `${holder}${naming('of', pending.publicKey)}${naming('after', current)}${fact}`
  const expiry = expiryFor(connection.software, plan.oldKeyHours, context.now())
  const done: Found[] = []
  for (const { file, text } of found) {
    // Lines that a rotation has made say what was before them.
    const isKnown = namedBefore(text, current, owner).length > 0
    const previous = isKnown ? undefined : (await plan.previous())?.publicKey
    const wanted = { current, pending: pending.publicKey, previous, owner, mark, expiry }
    done.push({ file, text: await updateKeyFile(text, { ...plan, holder, file, wanted, place }) })
  }
  return done
}

/** Says what is to be known of the host keys. */
export function tell({ connection, place, hostKeys }: HostSession, { context }: Access): void {
  const unpinned = connection.unpinned()
  if (unpinned.length > 0) {
    context.did(say`${place.where} announces host keys that are not pinned: ${unpinned.join(', ')}`)
    context.count('UnpinnedHostKeys', unpinned.length)
  }
  if (hostKeys === undefined) context.did(say`${place.where} was trusted with the host key ${connection.shown}`)
}
