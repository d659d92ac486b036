import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import type { Versions } from '../../shared/rotation/secret-type.ts'
import type { Credentials, Doors } from '../../shared/ssh-protocol/doors.ts'
import { ownerOf } from '../../shared/ssh-protocol/marks.ts'
import type { PrivateKey } from '../../shared/ssh-protocol/private-key.ts'
import { type KeySecret, keySecretForm, usernameIn } from '../../shared/ssh-protocol/secret.ts'
import { change, type Plan, tell } from './change.ts'
import { eachHost, fleetError, type Outcome } from './fleet.ts'
import { openHost } from './host-session.ts'
import { onMost } from './most-hosts.ts'
import type { Reach } from './reach.ts'
import type { SshSettings } from './settings.ts'
import type { FleetHost, SshTarget } from './target.ts'

/** Our own deadline is a little earlier than Lambda's, and a run may have begun a little before it looks at the clock. */
const aroundMs = 5_000

/**
 * Puts the pending key beside the current one on every host, and takes away the key before that, host by host: each host
 * loses it in the very moment in which it has the two others.
 * @throws RotationError of one host, or FleetIncomplete
 */
export async function setKeys(
  versions: Versions<KeySecret>,
  pending: PrivateKey,
  target: SshTarget,
  around: { readonly context: RotationContext; readonly settings: SshSettings; readonly reach: Reach },
): Promise<void> {
  const { context, reach } = around
  using doors = reach.doors(context)
  const plan = await planOf(versions, pending, target, { ...around, doors })
  const outcomes =
    target.minSuccess === undefined ? await onEach(plan, context) : await onMost(plan, target.minSuccess, context)
  const done = outcomes.filter(({ ok }) => ok).length
  context.did(say`put the new key on ${done} of ${outcomes.length} hosts`)
  const error = fleetError(outcomes, 'have the new key')
  if (error !== undefined) throw error
}

async function planOf(
  versions: Versions<KeySecret>,
  pending: PrivateKey,
  target: SshTarget,
  around: Parameters<typeof setKeys>[3] & { readonly doors: Doors },
): Promise<Plan> {
  const { context, settings, doors } = around
  const { files } = around.reach
  const { username } = target
  const { key: current } = await versions.current()
  const credentials = await credentialsFor(target, current, context)
  const asAdmin = credentials.username !== username
  const previous = () => previousOf(versions, target)
  const owner = ownerOf(context)
  const runMs = context.remainingMs() + aroundMs
  const { isStillPending } = versions
  const edit = { holder: `${owner}${context.token}`, keepMode: settings.keepMode, runMs, context, isStillPending }
  const { oldKeyHours } = settings
  return {
    target,
    pending,
    owner,
    edit,
    oldKeyHours,
    access: { doors, files, username, credentials, asAdmin, current, previous },
  }
}

/** The admin's key where there is one, else the current one. */
export async function credentialsFor(
  { username, adminSecretArn: arn }: SshTarget,
  current: PrivateKey | undefined,
  context: RotationContext,
): Promise<Credentials> {
  if (arn === undefined) {
    if (current !== undefined) return { username, key: current }
    throw new RotationError('InvalidSecret', say`The secret has no private key yet, so nothing lets the function in.`, {
      remedy: say`Put a key that logs in into the secret, or name in admin_secret_arn the secret of an account that may write the file.`,
    })
  }
  if (arn === context.secretId)
    throw new RotationError('InvalidSecret', say`"admin_secret_arn" names the secret itself.`)
  const admin = await context.readSecret(arn, keySecretForm)
  if (admin.key === undefined) throw new RotationError('InvalidSecret', say`Secret ${arn} holds no private key.`)
  return { username: usernameIn(admin) ?? username, key: admin.key }
}

async function onEach(plan: Plan, context: RotationContext): Promise<Outcome<unknown>[]> {
  const work = async ({ host }: { host: FleetHost }) => {
    using session = await openHost(host, plan.access, context)
    await change(session, plan, '')
    tell(session, context)
  }
  return eachHost(
    plan.target.hosts.map((host) => ({ host })),
    work,
    context,
  )
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
