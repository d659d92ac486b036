import { say } from '../../shared/errors/words.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import type { Versions } from '../../shared/rotation/secret-type.ts'
import type { PrivateKey } from '../../shared/ssh-protocol/private-key.ts'
import { type KeySecret, keyOf, usernameIn } from '../../shared/ssh-protocol/secret.ts'
import { credentialsFor, type Reach } from './access.ts'
import { change, type Plan, tell } from './change.ts'
import { eachHost, fleetError, type Outcome } from './fleet.ts'
import { openHost } from './host-session.ts'
import { onMost } from './most-hosts.ts'
import type { SshSettings } from './settings.ts'
import type { FleetHost, SshTarget } from './target.ts'

/** Our own deadline is a little earlier than Lambda's, and a host's clock shows whole seconds. */
const aroundMs = 5_000

/**
 * Puts the pending key beside the current one on every host, and takes away the key before that, host by host: each host
 * loses it in the very moment in which it has the two others.
 * @throws RotationError of one host, or FleetIncomplete
 */
export async function setKeys(
  versions: Versions<KeySecret>,
  target: SshTarget,
  { keepMode, oldKeyHours }: SshSettings,
  reach: Reach,
  context: RotationContext,
): Promise<void> {
  const pending = keyOf(versions.pending)
  using doors = reach(context)
  const { key: current } = await versions.current()
  const plan: Plan = {
    context,
    doors,
    username: target.username,
    credentials: await credentialsFor(target, current, context),
    current,
    previous: () => previousOf(versions, target),
    pending,
    keepMode,
    oldKeyHours,
    runMs: context.runMs + aroundMs,
    isStillPending: versions.isStillPending,
  }
  const { hosts, minSuccess } = target
  const outcomes = minSuccess === undefined ? await onEach(plan, hosts) : await onMost(plan, hosts, minSuccess)
  const done = outcomes.filter(({ ok }) => ok).length
  context.did(say`put the new key on ${done} of ${outcomes.length} hosts`)
  const error = fleetError(outcomes, 'have the new key')
  if (error !== undefined) throw error
}

async function onEach(plan: Plan, hosts: readonly FleetHost[]): Promise<Outcome<unknown>[]> {
  const work = async (host: FleetHost) => {
    using session = await openHost(host, plan)
    await change(session, plan, '')
    tell(session, plan)
  }
  return eachHost(hosts, work, plan.context)
}

async function previousOf(versions: Versions<KeySecret>, target: SshTarget): Promise<PrivateKey | undefined> {
  const secret = await versions.previous()
  return secret !== undefined && isSameAccount(secret, target) ? secret.key : undefined
}

/** Somebody may have put the key of another account into the secret since: that one's is not ours to take away. */
function isSameAccount(secret: KeySecret, { username, hosts }: SshTarget): boolean {
  if ((usernameIn(secret) ?? username) !== username) return false
  const listed: unknown = secret.json?.hosts
  if (!Array.isArray(listed)) return true
  const names = listed.map((each: { readonly host?: unknown } | null) => String(each?.host).toLowerCase())
  return hosts.some(({ host }) => names.includes(host.toLowerCase()))
}
