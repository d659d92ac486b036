import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import type { RotationContext } from '../rotation/context.ts'
import type { DatabaseEngine } from './engine.ts'
import { logsIn } from './logins.ts'
import { address, isSameServer, type Login } from './secret.ts'
import type { Endpoint, SuperuserLookup } from './server-directory.ts'

/** ID.HASH.REGION.rds.amazonaws.com; in China the Region stands behind `rds`, other partitions end otherwise. */
const endpointOfRds = /^([a-z][a-z0-9-]{0,62})\.([a-z0-9-]+)\.(?:[a-z0-9-]+\.)?rds\.[a-z0-9.-]+$/

/**
 * Whether one server is a read replica of the other, or a reader of its Aurora cluster, by the relations that AWS's
 * functions accept: ReadReplicaSourceDBInstanceIdentifier, the cluster's reader endpoint, a member that is not the
 * writer. AWS compares the first label of host names, which anybody's host can have; here both must be, as a whole,
 * endpoints that RDS gives for servers of this account. Where they cannot be that, RDS is not asked.
 * @throws RotationError what the directory fails with
 */
export async function isReplica(
  replica: Endpoint,
  source: Endpoint,
  { directory, context: { signal } }: SuperuserLookup,
): Promise<boolean> {
  const [, replicaId] = endpointOfRds.exec(replica.host.toLowerCase()) ?? []
  const [, sourceId, hash] = endpointOfRds.exec(source.host.toLowerCase()) ?? []
  if (replicaId === undefined || sourceId === undefined || hash === undefined) return false

  async function isReaderOf(clusterId: string, writer?: Endpoint): Promise<boolean> {
    const cluster = await directory.cluster(clusterId, signal)
    if (cluster === undefined || !isSame(writer ?? cluster.endpoint, source)) return false
    if (isSame(cluster.readerEndpoint, replica)) return true
    if (!cluster.readers.includes(String(replicaId))) return false
    return isSame((await directory.instance(String(replicaId), signal))?.endpoint, replica)
  }
  if (hash.startsWith('cluster-')) return isReaderOf(sourceId)
  const instance = await directory.instance(sourceId, signal)
  if (instance === undefined || !isSame(instance.endpoint, source)) return false
  if (instance.cluster !== undefined) return isReaderOf(instance.cluster, instance.endpoint)
  const other = await directory.instance(replicaId, signal)
  return other?.replicaOf === sourceId && isSame(other.endpoint, replica)
}

function isSame(known: Endpoint | undefined, asked: Endpoint): boolean {
  return known?.host.toLowerCase() === asked.host.toLowerCase() && known.port === asked.port
}

/** Few and far between: each refused login counts as one, and some servers lock an account after a handful. */
const pausesMs = [500, 2_000, 6_000]
/** Where nothing sets the count back, only the next attempt of Secrets Manager tries again. */
const onePauseMs = [2_000]

/**
 * A replica learns of a new password after its source. Where the host of a secret is one, this waits until the pending
 * value logs in there; else it does nothing. A strategy calls it after the superuser's change, when it is known that the
 * host is a replica: testSecret would have to ask RDS for that.
 * @param inUse AWSCURRENT: where it is the same login, its own logins in between keep the server from counting up to a lock
 * @throws RotationError ReplicaBehind
 */
export async function awaitReplica(
  engine: DatabaseEngine,
  pending: Login,
  inUse: Login,
  superuser: Login,
  context: RotationContext,
): Promise<void> {
  if (isSameServer(pending, superuser)) return
  for (const pause of engine.neverLocks || inUse.username === pending.username ? pausesMs : onePauseMs) {
    if (context.remainingMs() <= pause) break
    await context.sleep(pause)
    if (await logsIn(engine, pending, 'AWSPENDING', context)) return
    if (inUse.username === pending.username) await logsIn(engine, inUse, 'AWSCURRENT', context)
  }
  const what = say`${address(pending)} does not know the password of ${pending.username} yet that was set at ${address(superuser)}.`
  throw new RotationError('ReplicaBehind', what)
}
