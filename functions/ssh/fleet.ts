import { RotationError } from '../../shared/errors/rotation-error.ts'
import { joined, ours, say } from '../../shared/errors/words.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import type { Host } from '../../shared/ssh-protocol/doors.ts'
import { addressOf } from '../../shared/ssh-protocol/login.ts'

/** How many hosts are worked on at once: OpenSSH turns some away from 10 logins on that have not ended (MaxStartups). */
const together = { behindOneJumpHost: 4, directly: 10 }
/** A host is not begun with when less time than this is left, in milliseconds. */
const leastMs = 2_000
const mostNamed = 5

/** Codes of hosts that may be left behind: it is not known what they would have said. */
export const absent: readonly string[] = ['Unreachable', 'NoAnswer', 'HostBusy']

export type Outcome<T> = { readonly host: Host } & (
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: RotationError }
)

/**
 * Does something at each host, some at a time. After a host key that is not the pinned one, nothing more is tried behind the
 * same jump host: servers answer that with a penalty for its address, which would hit everybody else who uses it.
 * @returns what came of it, in the order of the hosts
 * @throws whatever is no RotationError: a defect
 */
export async function eachHost<H extends Host, T>(
  hosts: readonly H[],
  work: (host: H) => Promise<T>,
  context: RotationContext,
): Promise<Outcome<T>[]> {
  const groups = Map.groupBy(hosts, ({ jump }) => jump.map(addressOf).join())
  const outcomes = new Map<H, Outcome<T>>()
  await Promise.all([...groups].map(([jump, group]) => workThrough(jump, group)))
  return hosts.flatMap((host) => outcomes.get(host) ?? [])

  async function workThrough(jump: string, group: readonly H[]): Promise<void> {
    let stopped: RotationError | undefined
    const queue = group.values()
    async function attempt(host: H): Promise<Outcome<T>> {
      try {
        const error = stopped ?? outOfTime(host, context)
        if (error !== undefined) throw error
        return { host, ok: true, value: await work(host) }
      } catch (error) {
        if (error instanceof RotationError) return { host, ok: false, error }
        throw error
      }
    }
    async function worker() {
      for (const host of queue) {
        const outcome = await attempt(host)
        outcomes.set(host, outcome)
        if (jump !== '' && !outcome.ok && outcome.error.code === 'HostKeyMismatch') stopped ??= notTried(jump, host)
      }
    }
    const most = jump === '' ? together.directly : together.behindOneJumpHost
    await Promise.all(Array.from({ length: Math.min(most, group.length) }, worker))
  }
}

function outOfTime(host: Host, { signal, remainingMs }: RotationContext): RotationError | undefined {
  if (!signal.aborted && remainingMs() >= leastMs) return undefined
  return new RotationError('TimedOut', say`There was no time left for ${addressOf(host)}.`, {
    likely: say`The fleet is larger than the timeout of the function allows for, or some hosts answer slowly.`,
    remedy: say`Nothing, if a later attempt succeeds: hosts that are done take less time. Else give the function more time (TimeoutSeconds).`,
  })
}

function notTried(jump: string, first: Host): RotationError {
  const what = say`No further host behind ${jump} was tried after the host key of ${addressOf(first)}.`
  return new RotationError('HostKeyMismatch', what)
}

/**
 * The error for hosts that failed; nothing where none did.
 * @param done what the others have, to go after "on 3 of 5 hosts"
 */
export function fleetError(outcomes: readonly Outcome<unknown>[], done: string): RotationError | undefined {
  const failed = outcomes.filter((outcome) => !outcome.ok)
  const [first, ...others] = failed.map(({ error }) => error)
  if (first === undefined || others.length === 0) return first
  const named = failed.slice(0, mostNamed).map(({ error }) => say`${ours(error.code)}: ${error.what}`)
  const more = failed.length > mostNamed ? say` And ${failed.length - mostNamed} more.` : ours('')
  const what = say`${outcomes.length - failed.length} of ${outcomes.length} hosts ${ours(done)}. ${joined(named, ' ')}${more}`
  return new RotationError('FleetIncomplete', what, {
    retryable: failed.every(({ error }) => error.retryable),
    cause: first,
  })
}
