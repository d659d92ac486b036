import { createHash, createHmac, randomBytes } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** What one of the two services was asked. */
export interface Asked {
  readonly action: string
  /** The id of the access key that the request was signed with. */
  readonly caller: string
  readonly userAgent: string
  readonly isRefused: boolean
}

interface Key {
  readonly id: string
  readonly secretKey: string
  readonly created: Date
  isActive: boolean
}

/**
 * As much of IAM and STS, on this machine, as IamAccessKey and a client of it ask for: access keys of users, and GetCallerIdentity.
 * A user's call needs a right signature. All other calls are let in unseen: they stand for those of the functions' role.
 */
export interface LocalIam extends AsyncDisposable {
  /** The address for AWS_ENDPOINT_URL_IAM and AWS_ENDPOINT_URL_STS. */
  readonly url: string
  readonly asked: readonly Asked[]
  /** Makes a user with one key. */
  user(name: string): { readonly id: string; readonly secretKey: string }
}

const account = '000000000000'
/** API reference of IAM, "IAM and AWS STS quotas". */
const mostKeys = 2

/** Starts both on one port, without TLS, which the SDKs accept of an endpoint that a variable names. */
export async function startIam(): Promise<LocalIam> {
  const users = new Map<string, Key[]>()
  const asked: Asked[] = []

  function give(userName: string): Key {
    const id = `AKIA${randomBytes(10).toString('hex').toUpperCase().slice(0, 16)}`
    const key = { id, secretKey: randomBytes(30).toString('base64'), created: new Date(), isActive: true }
    users.get(userName)?.push(key)
    return key
  }
  const ownerOf = (id: string) => [...users].find(([, keys]) => keys.some((key) => key.id === id))

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(incoming)
    const input = new URLSearchParams(body)
    const [action, caller] = [input.get('Action') ?? '', callerOf(incoming.headers)]
    const refusal = refusalOf(caller, ownerOf(caller)?.[1], incoming.headers, body)
    const { 'user-agent': userAgent = '' } = incoming.headers
    asked.push({ action, caller, userAgent, isRefused: refusal !== undefined })
    const said = refusal === undefined ? answerOf(action, input, caller) : error(403, refusal)
    response.writeHead(said.status, { 'content-type': 'text/xml' }).end(said.xml)
  }

  function answerOf(action: string, input: URLSearchParams, caller: string): Answer {
    if (action === 'GetCallerIdentity') {
      const name = ownerOf(caller)?.[0]
      const arn =
        name === undefined ? `arn:aws:sts::${account}:assumed-role/r/s` : `arn:aws:iam::${account}:user/${name}`
      return good(action, `<Arn>${arn}</Arn><UserId>${caller}</UserId><Account>${account}</Account>`)
    }
    const id = input.get('AccessKeyId') ?? ''
    if (action === 'GetAccessKeyLastUsed')
      return good(action, '<AccessKeyLastUsed><Region>N/A</Region></AccessKeyLastUsed>')
    const name = input.get('UserName') ?? ''
    const keys = users.get(name)
    if (keys === undefined) return error(404, 'NoSuchEntity')
    if (action === 'ListAccessKeys') {
      const members = keys.map((key) => `<member>${described(name, key)}</member>`).join('')
      return good(action, `<AccessKeyMetadata>${members}</AccessKeyMetadata><IsTruncated>false</IsTruncated>`)
    }
    if (action === 'CreateAccessKey') {
      if (keys.length >= mostKeys) return error(409, 'LimitExceeded')
      const key = give(name)
      const secret = `<SecretAccessKey>${key.secretKey}</SecretAccessKey>`
      return good(action, `<AccessKey>${described(name, key)}${secret}</AccessKey>`)
    }
    const key = keys.find((each) => each.id === id)
    if (key === undefined) return error(404, 'NoSuchEntity')
    if (action === 'UpdateAccessKey') key.isActive = input.get('Status') === 'Active'
    else if (action === 'DeleteAccessKey')
      users.set(
        name,
        keys.filter((each) => each !== key),
      )
    else return error(400, 'InvalidAction')
    return good(action, '')
  }

  const server = createServer((incoming, response) => void serve(incoming, response).catch(() => response.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    user(name) {
      users.set(name, [])
      return give(name)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Answer {
  readonly status: number
  readonly xml: string
}

// The query protocol, as the API references of IAM and STS have it.
function good(action: string, result: string): Answer {
  const id = '<ResponseMetadata><RequestId>0</RequestId></ResponseMetadata>'
  return {
    status: 200,
    xml: `<${action}Response><${action}Result>${result}</${action}Result>${id}</${action}Response>`,
  }
}

function error(status: number, code: string): Answer {
  const said = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${code}</Message></Error>`
  return { status, xml: `<ErrorResponse>${said}<RequestId>0</RequestId></ErrorResponse>` }
}

function described(name: string, { id, isActive, created }: Key): string {
  const status = `<Status>${isActive ? 'Active' : 'Inactive'}</Status>`
  const date = `<CreateDate>${created.toISOString().replace(/\.\d+/, '')}</CreateDate>`
  return `<UserName>${name}</UserName><AccessKeyId>${id}</AccessKeyId>${status}${date}`
}

function callerOf({ authorization = '' }: IncomingHttpHeaders): string {
  return /Credential=(\w+)\//.exec(authorization)?.[1] ?? ''
}

/** @param keys of the user whose key the caller has; undefined where it is no user */
function refusalOf(
  caller: string,
  keys: readonly Key[] | undefined,
  headers: IncomingHttpHeaders,
  body: string,
): string | undefined {
  const key = keys?.find(({ id }) => id === caller)
  // The id of a user's key that was deleted, or never made.
  if (key === undefined) return caller.startsWith('AKIA') ? 'InvalidClientTokenId' : undefined
  if (!key.isActive) return 'InvalidClientTokenId'
  return isSigned(headers, body, key.secretKey) ? undefined : 'SignatureDoesNotMatch'
}

const sha256 = (data: string) => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest()

/** Signature Version 4 (IAM user guide, "Create a signed AWS API request") of a POST to `/`. */
function isSigned(headers: IncomingHttpHeaders, body: string, secretKey: string): boolean {
  const { authorization = '', 'x-amz-date': time = '' } = headers
  const [, scope = '', names = '', signature = ''] =
    /Credential=\w+\/(\S+), ?SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$/.exec(authorization) ?? []
  const lines = names.split(';').map((name) => `${name}:${String(headers[name] ?? '').trim()}\n`)
  const request = ['POST', '/', '', lines.join(''), names, sha256(body)].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(request)].join('\n')
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secretKey}`)
  return hmac(key, toSign).toString('hex') === signature
}
