import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { CreateSecretCommand, RotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { startLocalSecretsManager } from '../../local/secrets-manager/start.ts'
import { startOauthServer } from '../../local/servers/oauth-server.ts'
import { describedOauthServer, oauthDescription } from '../../local/servers/oauth-server-description.ts'
import { median } from '../statistics.ts'

// Where a refresh token can be used once, a kill between the server's answer and the store loses the grant. This measures how
// long that is: from the moment in which the answer leaves the server until Secrets Manager has stored it.
//
//   node bench/oauth/window.ts [ROTATIONS]

const rotations = Number(process.argv[2] ?? 200)
const now = () => performance.timeOrigin + performance.now()

const server = await startOauthServer({ rotation: 'single_use' })
const described = await describedOauthServer(server.front, oauthDescription(server.front, 'single_use'))
let answeredAt = 0
server.front.spoil = ({ path }) => ({
  change(said) {
    if (path === '/token') answeredAt = now()
    return said
  },
})
const id = 'OauthRefreshToken'
const module = fileURLToPath(new URL('function.ts', import.meta.url))
const local = await startLocalSecretsManager({ functions: { [id]: { module, env: described.env, timeoutMs: 60_000 } } })
const client = new SecretsManagerClient({
  endpoint: local.endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
})
const windows: number[] = []
for (let n = 0; n < rotations; n++) {
  const SecretString = JSON.stringify(await server.grant())
  const { ARN: SecretId } = await client.send(new CreateSecretCommand({ Name: randomUUID(), SecretString }))
  local.calls.clear()
  await client.send(
    new RotateSecretCommand({
      SecretId,
      RotationLambdaARN: local.functions[id],
      RotationRules: { AutomaticallyAfterDays: 30 },
    }),
  )
  await local.settled()
  const stored = local.calls.by(id).findLast(({ operation }) => operation === 'PutSecretValue')
  if (stored === undefined) throw new Error('The rotation has stored nothing.')
  windows.push(stored.endedAt - answeredAt)
}
const most = Math.max(...windows)
process.stdout.write(
  `From the answer of the server to the store, ${rotations} times: median ${median(windows).toFixed(1)} ms, maximum ${most.toFixed(1)} ms.\n`,
)
client.destroy()
await local.close()
await described[Symbol.asyncDispose]()
await server[Symbol.asyncDispose]()
