import { createHash } from 'node:crypto'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import type { Versions } from '../../shared/rotation/secret-type.ts'
import { addressOf } from '../../shared/ssh-protocol/address.ts'
import { type Credentials, type Doors, doorsOf, type Host } from '../../shared/ssh-protocol/doors.ts'
import { ownerOf, shortName } from '../../shared/ssh-protocol/marks.ts'
import type { PrivateKey } from '../../shared/ssh-protocol/private-key.ts'
import { type KeySecret, keySecretForm, usernameIn } from '../../shared/ssh-protocol/secret.ts'
import { marked } from './authorized-keys.ts'
import { absent, eachHost, fleetError, type Outcome } from './fleet.ts'
import { type Access, type HostSession, openHost } from './host-session.ts'
import { type EditOptions, updateKeyFile } from './key-file.ts'
import type { SshSettings } from './settings.ts'
import type { FleetHost, SshTarget } from './target.ts'

/** Our own deadline is a little earlier than Lambda's, and a run may have begun a little before it looks at the clock. */
const aroundMs = 5_000

/** What the lines of one rotation are written with. */
interface Plan {
  readonly target: SshTarget
  readonly access: Access
  readonly pending: PrivateKey
  /** `keyturn:SECRET:`, which all marks of this secret begin with. */
  readonly owner: string
  readonly edit: EditOptions
}

/**
 * Puts the pending key beside the current one on every host, and takes away the key before that, host by host: each host
 * loses it in the very moment in which it has the two others.
 * @throws RotationError of one host, or FleetIncomplete
 */
export async function setKeys(
  versions: Versions<KeySecret>,
  pending: PrivateKey,
  target: SshTarget,
  context: RotationContext,
  settings: SshSettings,
): Promise<void> {
  using doors = doorsOf(context)
  const plan = await planOf(versions, pending, target, { context, settings, doors })
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
  around: { readonly context: RotationContext; readonly settings: SshSettings; readonly doors: Doors },
): Promise<Plan> {
  const { context, settings, doors } = around
  const { username } = target
  const { key: current } = await versions.current()
  const credentials = await credentialsFor(target, current, context)
  const asAdmin = credentials.username !== username
  const previous = async () => (await versions.previous())?.key
  const owner = ownerOf(context)
  const runMs = context.remainingMs() + aroundMs
  const edit = { holder: `${owner}${context.token}`, keepMode: settings.keepMode, runMs, context }
  return { target, pending, owner, edit, access: { doors, username, credentials, asAdmin, current, previous } }
}

/** The admin's key where there is one, else the current one. */
async function credentialsFor(
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

async function onEach(plan: Plan, context: RotationContext): Promise<Outcome<void>[]> {
  const work = async ({ host }: { host: FleetHost }) => {
    using session = await openHost(host, plan.access, context)
    await change(session, plan, [], context)
  }
  return eachHost(
    plan.target.hosts.map((host) => ({ host })),
    work,
    context,
  )
}

/**
 * Leaves hosts behind that cannot be reached, if enough are left. All hosts are looked at before one is changed: one that
 * was left behind the last time as well would never again have a key that is in the secret.
 */
async function onMost(plan: Plan, least: number, context: RotationContext): Promise<Outcome<void>[]> {
  const hosts = plan.target.hosts.map((host) => ({ host }))
  const looked = await eachHost(hosts, ({ host }) => openHost(host, plan.access, context), context)
  const sessions = looked.flatMap((outcome) => (outcome.ok ? [outcome.value] : []))
  try {
    const failed = looked.flatMap((outcome) => (outcome.ok ? [] : [outcome]))
    const behind = new Set(sessions.flatMap((session) => leftBehind(session, plan)))
    const fatal = looked.filter(
      (outcome) => !outcome.ok && (!absent.includes(outcome.error.code) || behind.has(nameOf(outcome.host))),
    )
    if (fatal.length > 0 || sessions.length < Math.min(least, hosts.length)) {
      context.did(say`changed no host`)
      throw (
        fleetError(fatal.length > 0 ? fatal : looked, 'could be logged in to; none was changed') ??
        new Error('no host failed')
      )
    }
    const laggards = failed.map(({ host }) => nameOf(host))
    if (failed.length > 0)
      context.did(
        say`left behind, to be reached at the next rotation: ${failed.map(({ host }) => addressOf(host)).join(', ')}`,
      )
    return await eachHost(sessions, (session) => change(session, plan, laggards, context), context)
  } finally {
    for (const session of sessions) session[Symbol.dispose]()
  }
}

async function change(session: HostSession, plan: Plan, laggards: readonly string[], context: RotationContext) {
  const { place, found, connection, host } = session
  const { access, pending, owner, edit } = plan
  const current = access.current?.publicKey
  const after = current === undefined ? '' : `:after=${shortName(current)}`
  const mark = `${edit.holder}${after}${laggards.length === 0 ? '' : `:behind=${laggards.join('+')}`}`
  // Lines that a rotation has made say what was before them.
  const known = current !== undefined && marked(found.text, current, owner, 'after').length > 0
  const previous = known ? undefined : (await access.previous())?.publicKey
  await updateKeyFile(
    found.file,
    found.text,
    { current, pending: pending.publicKey, previous, owner, mark },
    place,
    edit,
  )
  const unpinned = connection.unpinned()
  if (unpinned.length > 0) {
    context.did(say`${addressOf(host)} announces host keys that are not pinned: ${unpinned.join(', ')}`)
    context.count('UnpinnedHostKeys', unpinned.length)
  }
  if (host.hostKeys === undefined)
    context.did(say`${addressOf(host)} was trusted with the host key ${connection.shown}`)
}

/** A host in a mark: it stands in files of other hosts, who need not know its name. */
function nameOf(host: Host): string {
  return createHash('sha256').update(addressOf(host)).digest('hex').slice(0, 10)
}

/** The hosts that the last rotation has not reached: the line of what is now the current key says so. */
function leftBehind({ found }: HostSession, { access: { current }, owner }: Plan): readonly string[] {
  return current === undefined ? [] : marked(found.text, current.publicKey, owner, 'behind')
}
