import { randomUUID } from 'node:crypto'
import { type IncomingHttpHeaders, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LocalSecretsManager, startLocalSecretsManager } from '../../local/secrets-manager/start.ts'
import { clientFor } from './support.ts'

let local: LocalSecretsManager
beforeAll(async () => {
  local = await startLocalSecretsManager({ functions: {}, names: ['secrets.internal', 'Other.Example'] })
  await clientFor(local).createSecret({ Name: 'app', SecretString: 'hidden' })
})
afterAll(() => local.close())

/** As a client sends it that may set any header: GetSecretValue, and what the server says. */
async function ask(headers: IncomingHttpHeaders, operation = 'GetSecretValue', input: object = { SecretId: 'app' }) {
  const { hostname, port } = new URL(local.endpoint)
  const target = { 'x-amz-target': `secretsmanager.${operation}`, 'content-type': 'text/plain' }
  return await new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const sent = request({ hostname, port, method: 'POST', headers: { ...target, ...headers } }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString() }))
    })
    sent.on('error', reject).end(JSON.stringify(input))
  })
}

const port = () => new URL(local.endpoint).port

describe('the Secrets Manager of a laptop answers', () => {
  test.each([
    '127.0.0.1',
    '127.8.0.1',
    'localhost',
    'LOCALHOST',
    'secretsmanager.localhost',
    '[::1]',
    'host.docker.internal',
    'secrets.internal',
    'other.example',
  ])('under the name %s, with and without the port', async (name) => {
    for (const host of [name, `${name}:${port()}`]) {
      const { status, text } = await ask({ host })
      expect({ status, value: JSON.parse(text).SecretString }).toEqual({ status: 200, value: 'hidden' })
    }
  })

  test('its own pages', async () => {
    const host = `localhost:${port()}`
    expect(await ask({ host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' })).toMatchObject({
      status: 200,
    })
    expect(await ask({ host, 'sec-fetch-site': 'none' })).toMatchObject({ status: 200 })
  })
})

describe('the Secrets Manager of a laptop refuses, says why, and does nothing', () => {
  test.each([
    ['a name of somebody else', { host: 'evil.example' }, 'evil.example'],
    ['that name with its own port', { host: 'evil.example:4580' }, 'evil.example'],
    ['a name that begins like one of its own', { host: 'localhost.evil.example' }, 'localhost.evil.example'],
    ['a name that ends like one of its own', { host: 'evil-localhost' }, 'evil-localhost'],
    ['a name that only looks like loopback', { host: '127.0.0.1.evil.example' }, '127.0.0.1.evil.example'],
    ['an address on which it does not listen', { host: '192.168.1.7' }, '192.168.1.7'],
    ['no name', { host: ':4580' }, '""'],
    ['the page of another site', { origin: 'http://evil.example' }, 'http://evil.example'],
    ['a page at another port', { origin: 'http://localhost:3000' }, 'http://localhost:3000'],
    ['a page without an origin', { origin: 'null' }, 'null'],
    ['a page that only says it is of another site', { 'sec-fetch-site': 'cross-site' }, 'cross-site'],
    ['a page at another port that says so', { 'sec-fetch-site': 'same-site' }, 'same-site'],
  ])('%s', async (_who, headers, named) => {
    const before = local.calls.list().length
    const Name = randomUUID()
    for (const [operation, input] of [
      ['GetSecretValue', { SecretId: 'app' }],
      ['CreateSecret', { Name, SecretString: 'x' }],
    ] as const) {
      const { status, text } = await ask({ host: `127.0.0.1:${port()}`, ...headers }, operation, input)
      expect(status).toBe(403)
      const answer = JSON.parse(text)
      expect(answer.__type).toBe('AccessDeniedException')
      expect(answer.Message).toContain(named)
      expect(text).not.toContain('hidden')
    }
    expect(local.calls.list()).toHaveLength(before)
    await expect(clientFor(local).describeSecret({ SecretId: Name })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
  })

  test('a page that asks by CORS to read it', async () => {
    const preflight = { origin: 'http://evil.example', 'access-control-request-method': 'POST' }
    const response = await fetch(local.endpoint, { method: 'OPTIONS', headers: preflight })
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})
