import { runLambda } from './functions/lambda.ts'
import { type LocalOptions, type LocalSecretsManager, openSecretsManager } from './secrets-manager.ts'

// Callers name the types of the options and of the result, too.
export type { LocalOptions, LocalSecretsManager } from './secrets-manager.ts'

/**
 * Starts a Secrets Manager in this process, with its state in memory: AWS's API and rules, and the rotation of secrets
 * by functions that run on this machine.
 *
 *     await using local = await startLocalSecretsManager({ functions: { Mine: '/path/of/handler.ts' } })
 *     const client = new SecretsManagerClient({ endpoint: local.endpoint, region: 'us-east-1', credentials })
 *     await client.send(new RotateSecretCommand({ SecretId, RotationLambdaARN: local.functions.Mine }))
 *     await local.settled()
 * @throws what listening on the port throws, EADDRINUSE for example
 */
export async function startLocalSecretsManager(options: LocalOptions = {}): Promise<LocalSecretsManager> {
  return openSecretsManager(options, runLambda)
}
