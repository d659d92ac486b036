import { DescribeUserCommand, TransferClient } from '@aws-sdk/client-transfer'
import type { LogIn } from '../target.ts'

/** One call stands for all calls that the function makes there. The ratio shows the difference. */
export const logIn: LogIn = async (value, { AWS_ENDPOINT_URL_TRANSFER: endpoint = '' }) => {
  const { server_id: ServerId = '', username: UserName = '' } = value as Readonly<Record<string, string>>
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' }
  const client = new TransferClient({ endpoint, region: 'us-east-1', credentials })
  await client.send(new DescribeUserCommand({ ServerId, UserName }))
  return { call: async () => undefined, end: async () => client.destroy() }
}
