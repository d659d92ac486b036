import { randomUUID } from 'node:crypto'
import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  ListAccessKeysCommand,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import { startMoto } from './moto.ts'
import { answerError, type QueryError, startQueryProxy } from './query-proxy.ts'
import { signed } from './signature.ts'

export interface Pair {
  readonly id: string
  readonly secretKey: string
}

/** What becomes of a call: an error in its place, or its answer is lost or changed. */
export type IamSpoilt = QueryError | 'swallow before' | 'cut after' | { change(answer: string): string }

/** IAM and STS of a suite's own, which look at signatures, at policies and at whether a key is active. */
export interface IamApi extends AsyncDisposable {
  /** For the functions' AWS_ENDPOINT_URL_IAM and AWS_ENDPOINT_URL_STS. */
  readonly env: Readonly<Record<string, string>>
  /** For the suite, which talks to moto directly. */
  readonly client: IAMClient
  /** Makes a user with one key. */
  user(): Promise<{ readonly name: string; readonly key: Pair }>
  give(user: string): Promise<Pair>
  /** The ids of a user's keys, in the order in which they were made. */
  keys(user: string): Promise<readonly string[]>
  /** Proves by using it whether a key works. */
  works(key: Pair): Promise<boolean>
  /** What the functions asked, in the order in which it came. */
  readonly calls: string[]
  /** Decides what becomes of the functions' calls; undefined lets them through. */
  spoil: (action: string, about: URLSearchParams, caller: string) => IamSpoilt | undefined
  /** How long STS does not know a key that a function has had made. */
  settleMs: number
}

/**
 * All times in an answer are an hour older, the first of a list two hours: when keys were made is said in whole seconds, and
 * tests make several in one.
 */
export function anHourAgo(answer: string): string {
  let hours = answer.includes('<LastUsedDate>') ? 1 : 2
  return answer.replaceAll(/(<(?:CreateDate|LastUsedDate)>)([^<]+)/g, (_, tag: string, date: string) => {
    const time = new Date(Date.parse(date) - hours * 3_600_000)
    hours = 1
    return `${tag}${time.toISOString().replace(/\.\d+/, '')}`
  })
}

/** Starts moto, and a proxy in front of it for what moto lacks: it takes inactive keys, and new ones at once. */
export async function iamApi(): Promise<IamApi> {
  // Three calls make the administrator; from then on everybody is asked for a signature and a policy.
  const moto = await startMoto({ INITIAL_NO_AUTH_ACTION_COUNT: '3' })
  const { host } = new URL(moto.endpoint)
  const around = { endpoint: moto.endpoint, region: 'us-east-1' }
  const clientOf = ({ id, secretKey }: Pair) =>
    new IAMClient({ ...around, credentials: { accessKeyId: id, secretAccessKey: secretKey } })
  const admin = await administrator(clientOf({ id: 'test', secretKey: 'test' }))
  const client = clientOf(admin)
  const owners = new Map<string, string>()
  const born = new Map<string, number>()

  async function give(UserName: string): Promise<Pair> {
    const { AccessKey } = await client.send(new CreateAccessKeyCommand({ UserName }))
    const key = { id: AccessKey?.AccessKeyId ?? '', secretKey: AccessKey?.SecretAccessKey ?? '' }
    owners.set(key.id, UserName)
    return key
  }
  async function listed(UserName: string) {
    return (await client.send(new ListAccessKeysCommand({ UserName }))).AccessKeyMetadata ?? []
  }
  async function isActive(id: string): Promise<boolean> {
    const found = (await listed(owners.get(id) ?? '')).find(({ AccessKeyId }) => AccessKeyId === id)
    return found?.Status === 'Active'
  }
  async function isKnown(id: string): Promise<boolean> {
    return Date.now() >= (born.get(id) ?? 0) + api.settleMs && (await isActive(id))
  }
  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(incoming)
    const about = new URLSearchParams(body)
    const action = about.get('Action') ?? ''
    const [, caller = '', service = ''] =
      /Credential=([^/]+)\/\d+\/[^/]+\/(\w+)\//.exec(incoming.headers.authorization ?? '') ?? []
    api.calls.push(action)
    const spoilt = api.spoil(action, about, caller)
    if (spoilt === 'swallow before') return
    if (typeof spoilt === 'object' && 'code' in spoilt) return answerError(response, spoilt)
    // The role of a function is the administrator here.
    const isUser = owners.has(caller)
    if (isUser && !(await isKnown(caller))) return answerError(response, { code: 'InvalidClientTokenId', status: 403 })
    const headers = isUser ? incoming.headers : signed(body, { host, service, key: admin })
    const outgoing = request(moto.endpoint, { method: 'POST', headers }).end(body)
    const given = await new Promise<IncomingMessage>((resolve) => outgoing.once('response', resolve))
    const answer = await text(given)
    if (action === 'CreateAccessKey') {
      const id = /<AccessKeyId>(\w+)</.exec(answer)?.[1] ?? ''
      owners.set(id, about.get('UserName') ?? '')
      born.set(id, Date.now())
    }
    if (spoilt === 'cut after') return void incoming.socket.destroy()
    const said = typeof spoilt === 'object' && 'change' in spoilt ? spoilt.change(answer) : answer
    response.writeHead(given.statusCode ?? 500, { 'content-type': 'text/xml' }).end(said)
  }
  const proxy = await startQueryProxy(pass)

  const api: IamApi = {
    env: { AWS_ENDPOINT_URL_IAM: proxy.url, AWS_ENDPOINT_URL_STS: proxy.url },
    client,
    async user() {
      const name = `user-${randomUUID().slice(0, 8)}`
      await client.send(new CreateUserCommand({ UserName: name, Path: '/applications/' }))
      // AWS lets everybody ask whose a key is; moto does not.
      await allow(client, name, 'sts:GetCallerIdentity')
      return { name, key: await give(name) }
    },
    give,
    keys: async (user) => (await listed(user)).map(({ AccessKeyId = '' }) => AccessKeyId),
    async works(key) {
      if (!(await isActive(key.id))) return false
      const body = 'Action=GetCallerIdentity&Version=2011-06-15'
      const answer = await fetch(moto.endpoint, {
        method: 'POST',
        headers: signed(body, { host, service: 'sts', key }),
        body,
      })
      const said = await answer.text()
      if (answer.ok) return said.includes(`/${owners.get(key.id)}</Arn>`)
      if (/<Code>(InvalidClientTokenId|SignatureDoesNotMatch)</.test(said)) return false
      throw new Error(`moto answered ${answer.status}: ${said}`)
    },
    calls: [],
    spoil: () => undefined,
    settleMs: 0,
    async [Symbol.asyncDispose]() {
      client.destroy()
      await proxy[Symbol.asyncDispose]()
      await moto[Symbol.asyncDispose]()
    },
  }
  return api
}

async function administrator(client: IAMClient): Promise<Pair> {
  await client.send(new CreateUserCommand({ UserName: 'admin' }))
  await allow(client, 'admin', '*')
  const { AccessKey } = await client.send(new CreateAccessKeyCommand({ UserName: 'admin' }))
  client.destroy()
  return { id: AccessKey?.AccessKeyId ?? '', secretKey: AccessKey?.SecretAccessKey ?? '' }
}

async function allow(client: IAMClient, UserName: string, Action: string): Promise<void> {
  const Statement = [{ Effect: 'Allow', Action, Resource: '*' }]
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
  await client.send(new PutUserPolicyCommand({ UserName, PolicyName: 'own', PolicyDocument }))
}

/** Takes a key out of use, as an administrator does by hand. */
export async function deactivate({ client }: IamApi, UserName: string, AccessKeyId: string): Promise<void> {
  await client.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: 'Inactive' }))
}
