import type { RotationContext } from '../rotation/context.ts'
import type { DatabaseEngine, DatabaseSession } from './engine.ts'

/** Whose superuser is looked for, and where. */
export interface SuperuserLookup<Session extends DatabaseSession = DatabaseSession> {
  readonly engine: DatabaseEngine<Session>
  /** Asked about a superuser secret that RDS manages, and about a host that is not the superuser's. */
  readonly directory: ServerDirectory
  readonly context: RotationContext
}

/**
 * What a strategy asks of the service that runs the database servers: which server is which. Implemented by
 * `shared/aws/rds.ts`. It gives facts; what follows from them is decided beside the strategies.
 * Both methods take an identifier or an ARN, give undefined where there is no such server, and throw AccessDenied,
 * RdsUnreachable, RdsFailed or TimedOut.
 */
export interface ServerDirectory {
  instance(id: string, signal: AbortSignal): Promise<ServerInstance | undefined>
  cluster(id: string, signal: AbortSignal): Promise<ServerCluster | undefined>
}

/** Where a server is reached. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

export interface ServerInstance {
  readonly engine: string | undefined
  /** Undefined while the instance is being made. */
  readonly endpoint: Endpoint | undefined
  /** The identifier of the instance that this one is a read replica of. */
  readonly replicaOf: string | undefined
  /** The identifier of the cluster that it is a member of. */
  readonly cluster: string | undefined
}

export interface ServerCluster {
  readonly engine: string | undefined
  /** Always that of the writer of the moment. */
  readonly endpoint: Endpoint | undefined
  /** That of all readers together. */
  readonly readerEndpoint: Endpoint | undefined
  /** The identifiers of the members that are not the writer. */
  readonly readers: readonly string[]
}
