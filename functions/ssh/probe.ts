import { say } from '../../shared/errors/words.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { type Finding, labelled, type ProbedVersion, tried, untried, version } from '../../shared/rotation/finding.ts'
import type { PrivateKey } from '../../shared/ssh-protocol/private-key.ts'
import type { KeySecret } from '../../shared/ssh-protocol/secret.ts'
import { credentialsFor, type Reach } from './access.ts'
import { hasLine } from './authorized-keys.ts'
import { eachHost, fleetError, type Outcome } from './fleet.ts'
import { openHost } from './host-session.ts'
import type { FleetHost, SshTarget } from './target.ts'

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
  const texts = outcomes.filter((each) => each.ok).map(({ value }) => value)
  const others = versions.filter((each) => each !== current).map((each) => besides(each, texts))
  const change = say`Whether the file may be replaced shows only in setSecret.`
  return [finding, ...others, untried({ about: 'rights' }, change)]
}

/** The files that hold the key, on each host. */
async function filesOf(target: SshTarget, current: PrivateKey, context: RotationContext, reach: Reach) {
  const { username, hosts } = target
  const credentials = await credentialsFor(target, current, context)
  using doors = reach(context)
  const access = { context, doors, username, credentials, current, previous: async () => undefined }
  const work = async (host: FleetHost) => {
    if (credentials.key !== current) (await doors.open(host, { username, key: current }))[Symbol.dispose]()
    using session = await openHost(host, access)
    return session.found.map(({ text }) => text)
  }
  return await eachHost(hosts, work, context)
}

function besides(each: ProbedVersion<KeySecret>, hosts: readonly (readonly string[])[]): Finding {
  const about = version(each)
  const { key } = each.secret
  if (key === undefined) return untried(about, say`It has no key.`)
  if (hosts.length === 0) return untried(about, say`No file could be looked at.`)
  const holding = hosts.filter((texts) => texts.some((text) => hasLine(text, key.publicKey)))
  const says = say`The key stands beside that of AWSCURRENT on ${holding.length} of ${hosts.length} hosts; it was not offered.`
  return { ...about, verdict: holding.length === hosts.length ? 'works' : 'fails', says }
}
