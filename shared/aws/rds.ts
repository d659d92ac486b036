// Imported at once: a dynamic import keeps esbuild from leaving out the rest of the client, and wraps what it shares with
// that of Secrets Manager. The bundle is a quarter larger then, and every start slower than with the client in it.
import { DescribeDBClustersCommand, DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds'
import type { Endpoint, ServerDirectory } from '../database/server-directory.ts'
import { failedBut } from './aws-errors.ts'
import type { ServiceCodes } from './aws-failure.ts'
import { lazily, requestHandler } from './clients.ts'

const codes: ServiceCodes = {
  unreachable: 'RdsUnreachable',
  failed: 'RdsFailed',
  resources: 'instances and clusters',
}

const client = lazily(() => new RDSClient({ maxAttempts: 3, requestHandler }))

/** The databases of the account and Region of the function, as RDS knows them. */
export const rds: ServerDirectory = {
  async instance(DBInstanceIdentifier, abortSignal) {
    const answer = await client()
      .send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }), { abortSignal })
      .catch(failedBut('DBInstanceNotFoundFault', 'rds:DescribeDBInstances', DBInstanceIdentifier, codes))
    const found = answer?.DBInstances?.[0]
    return (
      found && {
        engine: found.Engine,
        endpoint: endpoint(found.Endpoint?.Address, found.Endpoint?.Port),
        replicaOf: found.ReadReplicaSourceDBInstanceIdentifier,
        cluster: found.DBClusterIdentifier,
      }
    )
  },

  async cluster(DBClusterIdentifier, abortSignal) {
    const answer = await client()
      .send(new DescribeDBClustersCommand({ DBClusterIdentifier }), { abortSignal })
      .catch(failedBut('DBClusterNotFoundFault', 'rds:DescribeDBClusters', DBClusterIdentifier, codes))
    const found = answer?.DBClusters?.[0]
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
  },
}

function endpoint(host: string | undefined, port: number | undefined): Endpoint | undefined {
  return host && port ? { host, port } : undefined
}
