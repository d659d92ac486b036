import { createHash } from 'node:crypto'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { Host } from '../../shared/ssh-protocol/doors.ts'
import { addressOf } from '../../shared/ssh-protocol/login.ts'
import { ownerOf, saidIn } from '../../shared/ssh-protocol/marks.ts'
import { hasLine, marksOf } from './authorized-keys.ts'
import { change, type Plan, tell } from './change.ts'
import { absent, eachHost, fleetError, type Outcome } from './fleet.ts'
import { type HostSession, openHost } from './host-session.ts'
import type { FleetHost } from './target.ts'

/**
 * Leaves hosts behind that cannot be reached, if enough are left. One that was left behind the last time as well would
 * never again have a key that is in the secret: so all hosts are looked at before one is changed, and those that are not
 * reached must be known to have the current key. That is written on the others, in the mark of the new line, but not before
 * all of them have the key: what a mark says was true when it was written, and stays true, wherever a run is killed.
 * @param least how many hosts must get the new key
 * @returns what came of it, of the hosts that were not left behind
 */
export async function onMost(plan: Plan, hosts: readonly FleetHost[], least: number): Promise<Outcome<unknown>[]> {
  const { context } = plan
  const fleet = fleetOf(hosts)
  const looked = await eachHost(hosts, (host) => openHost(host, plan), context)
  const sessions = looked.filter((outcome) => outcome.ok).map(({ value }) => value)
  const isKnown = knownBy(sessions, plan, fleet)
  const enough = Math.min(least, hosts.length)
  try {
    const unready = fatalOf(looked, isKnown)
    if (unready.length > 0 || sessions.length < enough) {
      context.did(say`changed no host`)
      const of = unready.length > 0 ? unready : looked
      throw fleetError(of, 'could be logged in to; none was changed') ?? new Error('no host failed')
    }
    const changed = await eachHost(
      sessions,
      async (session) => {
        const found = await change(session, plan, '')
        tell(session, plan)
        return { ...session, found }
      },
      context,
    )
    const done = changed.filter((outcome) => outcome.ok).map(({ value }) => value)
    // A connection that breaks now is as good as one that was never there.
    if (fatalOf(changed, isKnown).length > 0 || done.length < enough) return changed
    const left = hosts.filter((host) => !done.some(({ place }) => place.where === addressOf(host)))
    if (left.length > 0)
      context.did(say`left behind, to be reached at the next rotation: ${left.map(addressOf).join(', ')}`)
    const fact = `${left.length === 0 ? '' : `:behind=${left.map(nameOf).join('+')}`}:fleet=${fleet}`
    const marked = await eachHost(done, (session) => change(session, plan, fact), context)
    // The key is there: without the mark, the next rotation knows less.
    const unmarked = marked.filter((outcome) => !outcome.ok && !absent.includes(outcome.error.code))
    return unmarked.length > 0 ? unmarked : changed.filter(({ ok }) => ok)
  } finally {
    for (const session of sessions) session[Symbol.dispose]()
  }
}

/** Those that must not be left behind, with errors that say why. */
function fatalOf<T>(outcomes: readonly Outcome<T>[], isKnown: (host: Host) => boolean): Outcome<T>[] {
  return outcomes.flatMap((outcome): Outcome<T>[] => {
    if (outcome.ok) return []
    if (!absent.includes(outcome.error.code)) return [outcome]
    return isKnown(outcome.host) ? [] : [{ ...outcome, error: mayBeBehind(outcome.error) }]
  })
}

function mayBeBehind(error: RotationError): RotationError {
  const what = say`${error.what} It may have been left behind before: no host that was reached says that it has the key of AWSCURRENT, and another rotation could leave it without any key of the secret.`
  return new RotationError(error.code, what, {
    remedy: say`Let the function reach it once; then the rotation goes on by itself. A host that is gone for good must leave "hosts"; the rotation after that has to reach all others once.`,
    retryable: error.retryable,
    cause: error,
  })
}

/** Whether the marks on the hosts that were reached say that another host has the current key. */
function knownBy(sessions: readonly HostSession[], { context, current }: Plan, fleet: string) {
  const owner = ownerOf(context)
  const files = sessions.flatMap(({ found }) => found.map(({ text }) => text))
  const marksIn = (text: string) => (current === undefined ? [] : marksOf(text, current.publicKey, owner))
  const facts = files.flatMap(marksIn).filter((mark) => saidIn([mark], 'fleet').includes(fleet))
  // Before the first rotation nobody was left behind: the key is where the operator has put it.
  const isFirst =
    current !== undefined && files.every((text) => hasLine(text, current.publicKey) && marksIn(text).length === 0)
  return (host: Host) =>
    (isFirst && files.length > 0) || facts.some((mark) => !saidIn([mark], 'behind').includes(nameOf(host)))
}

/** A host in a mark: it stands in files of other hosts, who need not know its name. */
function nameOf(host: Host): string {
  return short(addressOf(host).toLowerCase())
}

/** Where hosts have come, gone, or got another address, marks of before say nothing: they know hosts by their addresses. */
function fleetOf(hosts: readonly Host[]): string {
  return short(hosts.map(nameOf).sort().join())
}

const short = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 10)
