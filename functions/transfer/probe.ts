import { say } from '../../shared/errors/words.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import {
  type Finding,
  labelled,
  type ProbedVersion,
  tried,
  untried,
  version,
  works,
} from '../../shared/rotation/finding.ts'
import { doorsOf } from '../../shared/ssh-protocol/doors.ts'
import type { KeySecret } from '../../shared/ssh-protocol/secret.ts'
import type { UserKey, UserKeys } from '../../shared/ssh-protocol/user-keys.ts'
import { targetOf } from './target.ts'

/**
 * Looks which keys the user has, and logs in with that of AWSCURRENT where the host keys are known: servers count what they
 * refuse, so no other one is offered.
 */
export async function probeUser(
  versions: readonly ProbedVersion<KeySecret>[],
  users: UserKeys,
  region: string,
  context: RotationContext,
): Promise<readonly Finding[]> {
  const current = labelled(versions, 'AWSCURRENT')
  if (current === undefined)
    return versions.map((each) => untried(version(each), say`Without AWSCURRENT nobody knows whose keys to look at.`))
  let keys: readonly UserKey[] | undefined
  const rights = await tried({ about: 'rights' }, async () => {
    keys = await users.list(targetOf(current.secret, region), context.signal)
    return say`The function may look at the user, who has ${keys.length} keys.`
  })
  const findings = versions.map(async (each) => {
    const about = version(each)
    const { key } = each.secret
    if (keys === undefined) return untried(about, say`The user could not be looked at.`)
    if (key === undefined) return untried(about, say`It has no key.`)
    if (!keys.some((one) => one.key?.blob.equals(key.publicKey.blob)))
      return { ...about, verdict: 'fails', says: say`The user does not have its key.` } as const
    if (each !== current) return works(about, say`The user has its key; it was not offered.`)
    const { endpoint, username } = targetOf(current.secret, region)
    if (endpoint === undefined)
      return works(about, say`The user has its key. No host keys are pinned, so it was not offered.`)
    return tried(about, async () => {
      using doors = doorsOf(context)
      using _connection = await doors.open(endpoint, { username, key })
      return say`The user has its key, which logs in.`
    })
  })
  return [...(await Promise.all(findings)), rights]
}
