// Imported at once: a dynamic import keeps esbuild from leaving out the rest of the client, and wraps what it shares with
// that of Secrets Manager. The bundle is a quarter larger then, and every start slower than with the client in it.
import { DescribeDBClustersCommand, DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds'
import type { Endpoint, ServerDirectory } from '../database/server-directory.ts'
import { type ServiceCodes, toRotationError } from './aws-errors.ts'
import { requestHandler } from './http-options.ts'

const codes: ServiceCodes = {
  unreachable: 'RdsUnreachable',
  failed: 'RdsFailed',
  resources: 'instances and clusters',
}

let made: RDSClient | undefined

/** Made when it is first needed, which for most secrets is never; one for the life of the process. */
function client(): RDSClient {
  made ??= new RDSClient({
    maxAttempts: 3,
    requestHandler,
  })
  return made
}

/** The databases of the account and Region of the function, as RDS knows them. */
export const rds: ServerDirectory = {
  async instance(DBInstanceIdentifier, abortSignal) {
    try {
      const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier })
      const [found] = (await client().send(command, { abortSignal })).DBInstances ?? []
      return (
        found && {
          engine: found.Engine,
          endpoint: endpoint(found.Endpoint?.Address, found.Endpoint?.Port),
          replicaOf: found.ReadReplicaSourceDBInstanceIdentifier,
          cluster: found.DBClusterIdentifier,
        }
      )
    } catch (error) {
      if (isCalled(error, 'DBInstanceNotFoundFault')) return undefined
      throw toRotationError(error, 'rds:DescribeDBInstances', DBInstanceIdentifier, undefined, codes)
    }
  },

  async cluster(DBClusterIdentifier, abortSignal) {
    try {
      const command = new DescribeDBClustersCommand({ DBClusterIdentifier })
      const [found] = (await client().send(command, { abortSignal })).DBClusters ?? []
      return (
        found && {
          engine: found.Engine,
          endpoint: endpoint(found.Endpoint, found.Port),
          readerEndpoint: endpoint(found.ReaderEndpoint, found.Port),
          readers: (found.DBClusterMembers ?? [])
            .filter(({ IsClusterWriter }) => !IsClusterWriter)
            .map(({ DBInstanceIdentifier = '' }) => DBInstanceIdentifier),
        }
      )
    } catch (error) {
      if (isCalled(error, 'DBClusterNotFoundFault')) return undefined
      throw toRotationError(error, 'rds:DescribeDBClusters', DBClusterIdentifier, undefined, codes)
    }
  },
}

function endpoint(host: string | undefined, port: number | undefined): Endpoint | undefined {
  return host && port ? { host, port } : undefined
}

function isCalled(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name
}
