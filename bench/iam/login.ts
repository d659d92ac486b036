import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { LogIn } from '../target.ts'

/** One call stands for all calls that the function makes there. The ratio shows the difference. */
export const logIn: LogIn = async (value, { AWS_ENDPOINT_URL_STS: endpoint = '' }) => {
  const { api_key: accessKeyId = '', secret_key: secretAccessKey = '' } = value as Readonly<Record<string, string>>
  const client = new STSClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey } })
  await client.send(new GetCallerIdentityCommand({}))
  return { call: async () => undefined, end: async () => client.destroy() }
}
