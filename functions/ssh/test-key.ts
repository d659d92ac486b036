import { say } from '../../shared/errors/words.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import type { Host } from '../../shared/ssh-protocol/doors.ts'
import type { PrivateKey } from '../../shared/ssh-protocol/private-key.ts'
import { overSsh, type Reach } from './access.ts'
import { absent, eachHost, fleetError } from './fleet.ts'
import type { SshTarget } from './target.ts'

/**
 * Logs in on every host with one key alone. Nothing is run there: where the key has a forced command, whatever is asked for
 * would run it.
 * @throws RotationError of one host, or FleetIncomplete
 */
export async function testKey(
  key: PrivateKey,
  target: SshTarget,
  context: RotationContext,
  reach: Reach = overSsh,
): Promise<void> {
  const { username, hosts, minSuccess = hosts.length } = target
  using doors = reach(context)
  const work = async (host: Host) => {
    using _connection = await doors.open(host, { username, key })
  }
  const outcomes = await eachHost(hosts, work, context)
  const good = outcomes.filter(({ ok }) => ok).length
  context.did(say`logged in on ${good} of ${hosts.length} hosts with the new key`)
  const error = fleetError(outcomes, 'let the new key in')
  // A host that is there and refuses the key is none that was left behind: the next attempt reaches it.
  const refused = outcomes.some((outcome) => !outcome.ok && !absent.includes(outcome.error.code))
  if (error !== undefined && (refused || good < Math.min(minSuccess, hosts.length))) throw error
}
