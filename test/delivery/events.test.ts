import { randomUUID } from 'node:crypto'
import { CloudWatchLogsClient, CreateLogGroupCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { EventBridgeClient, PutEventsCommand, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import { afterAll, expect, it } from 'vitest'
import { startOauthServer } from '../../local/servers/oauth-server.ts'
import { describedOauthServer, oauthDescription } from '../../local/servers/oauth-server-description.ts'
import { type Mapping, readTemplate } from '../../template/parsed.ts'
import { refreshToken } from '../functions/oauth/secret-types.ts'
import { startMoto } from '../support/moto.ts'
import { type SecretsManager, secretsManagerFor } from '../support/secrets-manager.ts'
import { deploy } from '../template/stack.ts'

const server = await startOauthServer({ rotation: 'single_use' })
const described = await describedOauthServer(server.front, oauthDescription(server.front, 'single_use'))
const type = refreshToken('oauth', server, described.env)
let look: () => Promise<void> = async () => {}
const secrets: SecretsManager = await secretsManagerFor(type.function, {
  async intercept({ caller, operation }) {
    if (caller === type.function.id && /^(Put|Update)/.test(operation)) await look()
    return undefined
  },
})
const moto = await startMoto()
afterAll(async () => {
  for (const each of [secrets, moto, described, server]) await each[Symbol.asyncDispose]()
})

const aws = {
  endpoint: moto.endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
}
const logs = new CloudWatchLogsClient(aws)
const bridge = new EventBridgeClient(aws)

interface Told {
  readonly labelUpdated: string
  readonly versionId: string
}

/** Makes a rule whose target is a log, which says what came through. */
async function ruleWith(pattern: object): Promise<() => Promise<string[]>> {
  const logGroupName = `/aws/events/${randomUUID()}`
  await logs.send(new CreateLogGroupCommand({ logGroupName }))
  const Name = randomUUID()
  await bridge.send(new PutRuleCommand({ Name, EventPattern: JSON.stringify(pattern) }))
  const Arn = `arn:aws:logs:us-east-1:123456789012:log-group:${logGroupName}`
  await bridge.send(new PutTargetsCommand({ Rule: Name, Targets: [{ Id: 'log', Arn }] }))
  return async () => {
    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName }))
    return events.map(({ message = '{}' }) => JSON.parse(message).detail.labelUpdated)
  }
}

/** Sends what Secrets Manager itself sends (user guide, "Secret Label Updated event"). */
async function tell(secret: string, detail: Told): Promise<void> {
  const Detail = JSON.stringify({ name: secret.replace(/^.*:secret:|-\w{6}$/g, ''), ...detail })
  const event = { Source: 'aws.secretsmanager', DetailType: 'Secret Label Updated', Resources: [secret], Detail }
  const { FailedEntryCount } = await bridge.send(new PutEventsCommand({ Entries: [event] }))
  expect(FailedEntryCount).toBe(0)
}

it('examples/restart-ecs.yaml restarts once in a rotation of OAuth tokens, when AWSCURRENT has moved', async () => {
  const { value } = await type.fresh(secrets)
  const secret = await secrets.store(value)
  const seen: Readonly<Record<string, readonly string[]>>[] = []
  look = async () => void seen.push(await secrets.labels(secret))
  await secrets.rotate(secret)
  await look()

  // Every label that moves to a version is an event, but for these two.
  const at = (labels: Readonly<Record<string, readonly string[]>> = {}) =>
    Object.entries(labels).flatMap(([version, held]) => held.map((label) => `${label} ${version}`))
  const moves = seen.flatMap((labels, index) =>
    index === 0 ? [] : at(labels).filter((move) => !at(seen[index - 1]).includes(move)),
  )
  const events = moves
    .filter((move) => !/^AWS(PENDING|PREVIOUS) /.test(move))
    .map((move): Told => {
      const [labelUpdated = '', versionId = ''] = move.split(' ')
      return { labelUpdated, versionId }
    })
  const labels = events.map(({ labelUpdated }) => labelUpdated)
  expect(labels.filter((label) => label.startsWith('KEYTURN_')).length).toBeGreaterThan(0)
  expect(labels.at(-1)).toBe('AWSCURRENT')

  const parameters = { SecretArn: secret, Cluster: 'main', Service: 'web' }
  const { resources } = deploy(readTemplate('examples/restart-ecs.yaml'), parameters, { name: 'mine' })
  const { detail, ...any }: Mapping = { ...(resources.Rotated?.Properties.EventPattern as Mapping) }
  const matched = await ruleWith({ ...any, detail: detail ?? {} })
  // Without the label in the pattern, it would restart too early.
  const tooEarly = await ruleWith(any)
  await tell(`${secret.slice(0, -6)}zzzzzz`, { labelUpdated: 'AWSCURRENT', versionId: 'x' })
  for (const event of events) await tell(secret, event)
  expect(await matched()).toEqual(['AWSCURRENT'])
  expect((await tooEarly()).sort()).toEqual(labels.toSorted())
})
