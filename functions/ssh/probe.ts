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
import type { PrivateKey } from '../../shared/ssh-protocol/private-key.ts'
import type { KeySecret } from '../../shared/ssh-protocol/secret.ts'
import { linesOf } from './authorized-keys.ts'
import { eachHost, fleetError, type Outcome } from './fleet.ts'
import { openHost } from './host-session.ts'
import type { Reach } from './reach.ts'
import { credentialsFor } from './set.ts'
import type { SshTarget } from './target.ts'

/**
 * Offers the key of AWSCURRENT alone, and that of an administrator where there is one: servers count what they refuse. Of
 * the others it says whether they stand beside it in the file.
 */
export async function probeKeys(
  versions: readonly ProbedVersion<KeySecret>[],
  targetOf: (secret: KeySecret, context: RotationContext) => Promise<SshTarget>,
  context: RotationContext,
  reach: Reach,
): Promise<readonly Finding[]> {
  const current = labelled(versions, 'AWSCURRENT')
  const key = current?.secret.key
  if (current === undefined || key === undefined)
    return versions.map((each) => untried(version(each), say`AWSCURRENT has no key yet, so no file can be looked at.`))
  let outcomes: readonly Outcome<readonly string[]>[] = []
  const finding = await tried(version(current), async () => {
    outcomes = await filesOf(await targetOf(current.secret, context), key, context, reach)
    const error = fleetError(outcomes, 'let the key of AWSCURRENT in')
    if (error !== undefined) throw error
    return say`The key logs in on ${outcomes.length} of ${outcomes.length} hosts, and stands in the file there.`
  })
  const texts = outcomes.flatMap((each) => (each.ok ? [each.value] : []))
  const others = versions.filter((each) => each !== current).map((each) => besides(each, texts))
  const change = say`Whether the file may be replaced shows only in setSecret.`
  return [finding, ...others, untried({ about: 'rights' }, change)]
}

/** The files that hold the key, on each host. */
async function filesOf(target: SshTarget, current: PrivateKey, context: RotationContext, reach: Reach) {
  const { username, hosts } = target
  const credentials = await credentialsFor(target, current, context)
  using doors = reach.doors(context)
  const asAdmin = credentials.username !== username
  const access = { doors, files: reach.files, username, credentials, asAdmin, current, previous: async () => undefined }
  const items = hosts.map((host) => ({ host }))
  return await eachHost(
    items,
    async ({ host }) => {
      if (credentials.key !== current) (await doors.open(host, { username, key: current }))[Symbol.dispose]()
      using session = await openHost(host, access, context)
      return session.found.map(({ text }) => text)
    },
    context,
  )
}

function besides(each: ProbedVersion<KeySecret>, hosts: readonly (readonly string[])[]): Finding {
  const about = version(each)
  const { key } = each.secret
  if (key === undefined) return untried(about, say`It has no key.`)
  if (hosts.length === 0) return untried(about, say`No file could be looked at.`)
  const holding = hosts.filter((texts) => texts.some((text) => linesOf(text, key.publicKey).length > 0))
  const where = say`The key stands beside that of AWSCURRENT on ${holding.length} of ${hosts.length} hosts; it was not offered.`
  return holding.length === hosts.length ? works(about, where) : { ...about, verdict: 'fails', says: where }
}
