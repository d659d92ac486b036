import { randomUUID } from 'node:crypto'
import {
  CreateServerCommand,
  CreateUserCommand,
  DeleteUserCommand,
  DescribeUserCommand,
  ImportSshPublicKeyCommand,
  TransferClient,
} from '@aws-sdk/client-transfer'
import { startMoto } from './moto.ts'

/** An API of AWS Transfer Family of a suite's own, with one server. */
export interface TransferApi extends AsyncDisposable {
  /** For the functions' AWS_ENDPOINT_URL_TRANSFER. */
  readonly url: string
  readonly client: TransferClient
  readonly serverId: string
  /** Makes a user with some keys, as lines of authorized_keys, and gives its name. One that is there already is replaced. */
  user(lines: readonly string[], name?: string): Promise<string>
  /** The keys of a user, as lines. */
  keys(username: string): Promise<readonly string[]>
}

export async function transferApi(): Promise<TransferApi> {
  const moto = await startMoto()
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const client = new TransferClient({ endpoint: moto.endpoint, region: 'us-east-1', credentials })
  const { ServerId = '' } = await client.send(new CreateServerCommand({}))
  return {
    url: moto.endpoint,
    client,
    serverId: ServerId,
    async user(lines, UserName = `user-${randomUUID().slice(0, 8)}`) {
      await client.send(new DeleteUserCommand({ ServerId, UserName })).catch(() => undefined)
      const Role = 'arn:aws:iam::123456789012:role/transfer'
      await client.send(new CreateUserCommand({ ServerId, UserName, Role, HomeDirectory: '/' }))
      for (const SshPublicKeyBody of lines) {
        await client.send(new ImportSshPublicKeyCommand({ ServerId, UserName, SshPublicKeyBody }))
      }
      return UserName
    },
    async keys(UserName) {
      const { User } = await client.send(new DescribeUserCommand({ ServerId, UserName }))
      return (User?.SshPublicKeys ?? []).map(({ SshPublicKeyBody = '' }) => SshPublicKeyBody)
    },
    async [Symbol.asyncDispose]() {
      client.destroy()
      await moto[Symbol.asyncDispose]()
    },
  }
}
