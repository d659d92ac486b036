import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { FunctionError } from '../../local/secrets-manager/functions/invocation.ts'
import { lambdaAt } from '../../local/secrets-manager/functions/lambda-endpoint.ts'
import { startLocalSecretsManager } from '../../local/secrets-manager/start.ts'
import { clientFor, labels, newSecret, rotate } from './support.ts'

const token = '6c4f1a7e-3f0b-4f0e-9c1d-2b8a5d7e9f10'
const event = { Step: 'setSecret', SecretId: 'some-secret', ClientRequestToken: token, RotationToken: 'some-token' }

interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly type: string | undefined
  readonly body: unknown
}

/** Something that speaks HTTP, as Lambda or not, and keeps what it was asked. */
async function serverThat(answer: (response: ServerResponse, request: IncomingMessage) => void) {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const { method, url, headers } = request
    seen.push({ method, url, type: headers['content-type'], body: JSON.parse(Buffer.concat(chunks).toString()) })
    answer(response, request)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    endpoint,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Lambda's answers (API reference, Invoke). */
const succeeds = (response: ServerResponse) => response.end('null')
const fails = (error: object) => (response: ServerResponse) =>
  response.writeHead(200, { 'x-amz-function-error': 'Unhandled' }).end(JSON.stringify(error))
const refuses = (status: number, body: object) => (response: ServerResponse) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

async function errorOf(endpoint: string, options: { timeoutMs?: number } = {}): Promise<FunctionError> {
  const outcome = await lambdaAt(endpoint, 'SomeFunction', options).invoke(event)
  if (outcome.ok) throw new Error('it succeeded')
  return outcome.error
}

/** A port where nobody listens: one that was free a moment ago. */
async function deadEndpoint(): Promise<string> {
  await using server = await serverThat(succeeds)
  return server.endpoint
}

describe("a function that is invoked through Lambda's API", () => {
  it('gets the event as it is, at the path of Invoke', async () => {
    await using server = await serverThat(succeeds)
    // Also with the slash at the end that people type.
    const lambda = lambdaAt(`${server.endpoint}/`, 'SomeFunction')
    expect(await lambda.invoke(event)).toEqual({ ok: true, logs: '', answer: null })
    const url = '/2015-03-31/functions/SomeFunction/invocations'
    expect(server.seen).toEqual([{ method: 'POST', url, type: 'application/json', body: event }])
  })

  it('passes on the error that the function threw', async () => {
    const error = { errorType: 'LoginRefused', errorMessage: 'app is refused.', trace: ['LoginRefused: …', 'at …'] }
    await using server = await serverThat(fails(error))
    expect(await errorOf(server.endpoint)).toEqual(error)
  })

  it('passes on an error without fields, or with the fields of another runtime', async () => {
    await using bare = await serverThat(fails({}))
    expect(await errorOf(bare.endpoint)).toMatchObject({ errorType: 'Unhandled', trace: [] })
    await using python = await serverThat(
      fails({ errorType: 'ValueError', errorMessage: 'no', stackTrace: ['line 1'] }),
    )
    expect(await errorOf(python.endpoint)).toEqual({ errorType: 'ValueError', errorMessage: 'no', trace: ['line 1'] })
  })

  it('is not there (404): names it and the place, and says that the version stays pending', async () => {
    const body = { Type: 'User', Message: 'Function not found: arn:aws:lambda:…' }
    await using server = await serverThat(refuses(404, body))
    const { errorType, errorMessage } = await errorOf(server.endpoint)
    expect(errorType).toBe('NotInvoked')
    expect(errorMessage).toContain(`Lambda at ${server.endpoint} has no function SomeFunction.`)
    expect(errorMessage).toContain(`Version ${token} stays pending`)
  })

  it.each([429, 500, 501])('is not invoked (HTTP %i): passes on what Lambda said', async (status) => {
    await using server = await serverThat(refuses(status, { Type: 'Service', Message: 'Rate exceeded' }))
    const { errorType, errorMessage } = await errorOf(server.endpoint)
    expect(errorType).toBe('NotInvoked')
    expect(errorMessage).toContain(`did not invoke SomeFunction (HTTP ${status}: Rate exceeded)`)
  })

  it('does not answer: the error says where, and what to do', async () => {
    const endpoint = await deadEndpoint()
    const { errorType, errorMessage } = await errorOf(endpoint)
    expect(errorType).toBe('NotInvoked')
    expect(errorMessage).toContain(`Lambda at ${endpoint} does not answer (ECONNREFUSED). Start sam local start-lambda`)
    expect(errorMessage).toContain(`Version ${token} stays pending`)
  })

  it('is never answered: gives up in time', async () => {
    await using server = await serverThat(() => {})
    const { errorType, errorMessage } = await errorOf(server.endpoint, { timeoutMs: 50 })
    expect(errorType).toBe('NoAnswer')
    expect(errorMessage).toContain(`gave no answer of SomeFunction within 0.05 s.`)
  })

  it('hangs up in the middle of its answer', async () => {
    await using server = await serverThat((response, request) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"half":')
      setTimeout(() => request.socket.destroy(), 20)
    })
    const { errorType, errorMessage } = await errorOf(server.endpoint)
    expect(errorType).toBe('NoAnswer')
    expect(errorMessage).toContain(`Lambda at ${server.endpoint} broke off without an answer`)
  })

  // Emulators answer with an empty body when the function crashed or was killed at its timeout.
  it.each(['', '<html>welcome</html>', '{"half":', 'x'.repeat(7 * 1024 * 1024)])(
    'has failed where it answers with what is not JSON (%#)',
    async (text) => {
      await using server = await serverThat((response) => response.end(text))
      const { errorType, errorMessage } = await errorOf(server.endpoint)
      expect(errorType).toBe('NoAnswer')
      expect(errorMessage).toContain(`Lambda at ${server.endpoint} gave no answer of SomeFunction`)
      expect(errorMessage.length).toBeLessThan(500)
    },
  )

  it('redirects: the event, which holds a token, goes nowhere else', async () => {
    await using elsewhere = await serverThat(succeeds)
    await using server = await serverThat((response) => response.writeHead(307, { location: elsewhere.endpoint }).end())
    expect((await errorOf(server.endpoint)).errorType).toBe('NoAnswer')
    expect(elsewhere.seen).toEqual([])
  })

  it('is killed: the invocation under way fails', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>()
    await using server = await serverThat(() => resolve())
    const lambda = lambdaAt(server.endpoint, 'SomeFunction')
    const outcome = lambda.invoke(event)
    await asked
    lambda.kill()
    expect(await outcome).toMatchObject({ ok: false, error: { errorType: 'NoAnswer' } })
  })
})

describe('a rotation through an endpoint', () => {
  async function stageAt(endpoint: string) {
    const ended: { step: string; error?: FunctionError }[] = []
    const local = await startLocalSecretsManager({
      functions: { SomeFunction: lambdaAt(endpoint, 'SomeFunction') },
      retryDelaysMs: [],
      onStep: (step) => {
        if (step.phase === 'ended') ended.push(step)
      },
    })
    return { local, client: clientFor(local), lambda: local.functions.SomeFunction ?? '', ended }
  }

  it('leaves the version pending when the endpoint does not answer, and the next one takes the same version', async () => {
    const stage = await stageAt(await deadEndpoint())
    await using _ = stage.local
    const secret = await newSecret(stage)
    const version = await rotate(stage, secret)
    expect((await labels(stage, secret))[version]).toEqual(['AWSPENDING'])
    expect(stage.ended.map(({ step }) => step)).toEqual(['createSecret'])
    expect(stage.ended[0]?.error?.errorMessage).toContain(`Version ${version} stays pending`)
    await expect(rotate(stage, secret)).rejects.toThrow('That rotation will be reattempted')
    await stage.local.settled()
    expect(stage.ended[1]?.error?.errorMessage).toContain(`Version ${version} stays pending`)
  })

  it('sends the four events in their order, with the token of the version', async () => {
    await using server = await serverThat(succeeds)
    const stage = await stageAt(server.endpoint)
    await using _ = stage.local
    const version = await rotate(stage, await newSecret(stage))
    const sent = server.seen.map(({ body }) => body as { Step: string; ClientRequestToken: string })
    expect(sent.map(({ Step }) => Step)).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])
    expect(new Set(sent.map(({ ClientRequestToken }) => ClientRequestToken))).toEqual(new Set([version]))
  })
})
