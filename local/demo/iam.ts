import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { createApiKey } from '../../examples/application/api-key.ts'
import { startIam } from '../servers/iam.ts'
import type { DemoTarget } from './target.ts'

const secretName = 'demo/iam-access-key'
const userName = 'demo-application'
/** Tells the calls of the clients from those of the functions, which prove a new key by the same call. */
const customUserAgent = 'demo-client'

/** A user of IAM, and clients that sign calls with its key all the time. */
export async function startIamDemo(): Promise<DemoTarget> {
  const iam = await startIam()
  async function call(value: string): Promise<void> {
    const { api_key, secret_key } = JSON.parse(value) as { readonly api_key: string; readonly secret_key: string }
    const credentials = { accessKeyId: api_key, secretAccessKey: secret_key }
    const around = { endpoint: iam.url, region: 'us-east-1', maxAttempts: 1, customUserAgent }
    const client = new STSClient({ ...around, credentials })
    try {
      await client.send(new GetCallerIdentityCommand({}))
    } finally {
      client.destroy()
    }
  }
  const isRefused = (error: unknown) =>
    error instanceof Error && /^(InvalidClientTokenId|SignatureDoesNotMatch)/.test(error.name)
  return {
    title: 'an IAM of this machine',
    env: { AWS_ENDPOINT_URL_IAM: iam.url, AWS_ENDPOINT_URL_STS: iam.url },
    demonstrations: [
      {
        functionId: 'IamAccessKey',
        summary: 'the user has a second key, and the one before lives until the next rotation',
        secretName,
        overlap: true,
        // The function asks whose key it is, lists keys, makes one and proves it; from the second rotation on it also removes one.
        expectedLogins: 5,
        expectedCalls: 11,
        async prepare(secretsManager) {
          const { id, secretKey } = iam.user(userName)
          const SecretString = JSON.stringify({ api_key: id, secret_key: secretKey })
          await secretsManager.send(new CreateSecretCommand({ Name: secretName, SecretString }))
        },
      },
    ],
    client: {
      use: call,
      isRefused,
      application({ secretId, secretsManager, refreshMs, onRefused }) {
        const client = createApiKey({ secretId, secretsManager, refreshMs, onRefused, isRefused })
        return { use: () => client.use((secret) => call(JSON.stringify(secret))), end: async () => undefined }
      },
    },
    mark: () => iam.asked.length,
    async loginsSince(mark) {
      const since = iam.asked.slice(mark)
      return {
        byFunctions: since.filter(({ userAgent }) => !userAgent.includes(customUserAgent)).length,
        refused: since.filter((each) => each.isRefused).length,
      }
    },
    [Symbol.asyncDispose]: () => iam[Symbol.asyncDispose](),
  }
}
