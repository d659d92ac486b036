import { randomUUID } from 'node:crypto'
import { createServer } from 'node:net'
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../functions/postgres/engine.ts'
import type { Invocation } from '../../local/secrets-manager/functions/invocation.ts'
import { parseDatabaseSecret } from '../../shared/database/secret.ts'
import { createRedactor } from '../../shared/rotation/redact.ts'
import { concealSecret } from '../../shared/rotation/version-reader.ts'
import { generatedValue } from '../functions/generated-value/secret-type.ts'
import { errorOf, saidBy } from '../support/outcome.ts'
import { fourSteps, type SecretsManager, secretsManagerFor } from '../support/secrets-manager.ts'

const singleUser = { id: 'PostgresSingleUser', module: 'functions/postgres/single-user.ts' }

function logLine({ logs }: Invocation): Record<string, unknown> & { readonly error?: Record<string, unknown> } {
  return JSON.parse(logs.split('\n').find((line) => line.includes('"message":"step ')) ?? '')
}

async function beginWith(secrets: SecretsManager, SecretString: string) {
  const Name = `prod/postgres/app-${randomUUID()}`
  const { ARN = '' } = await secrets.client.send(new CreateSecretCommand({ Name, SecretString }))
  return secrets.begin(ARN)
}

describe('the log of a function whose secret is one of our own words', () => {
  for (const password of ['postgres', 'one', 't', 'done', 'AWSPENDING', 'prod/postgres/app', 'already promoted']) {
    it(`is whole with "${password}"`, async () => {
      await using secrets = await secretsManagerFor(generatedValue.function)
      const rotation = await beginWith(secrets, JSON.stringify({ password }))
      for (const step of fourSteps) {
        const line = logLine(await rotation.attempt(step))
        expect(line).toMatchObject({ message: 'step succeeded', outcome: 'done', step, secret: rotation.secretId })
        expect(line).toMatchObject({ version: rotation.token, function: 'GeneratedValue' })
        expect(JSON.stringify(line)).not.toMatch(/redacted|withheld/)
      }
    })
  }
})

describe('a failure', () => {
  let port: number
  const closing = createServer((socket) => socket.on('error', () => undefined).end())
  beforeAll(async () => {
    await new Promise<void>((resolve) => closing.listen(0, '127.0.0.1', resolve))
    const address = closing.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
  })
  afterAll(() => void closing.close())

  async function failure(fields: Record<string, unknown>) {
    await using secrets = await secretsManagerFor(singleUser)
    const value = { host: 'localhost', port, username: 'app', dbname: 'app', ...fields }
    const rotation = await beginWith(secrets, JSON.stringify(value))
    await rotation.run('createSecret')
    const outcome = await rotation.attempt('setSecret')
    if (outcome.ok) throw new Error('setSecret was to fail')
    const line = logLine(outcome)
    expect(line.secret).toBe(rotation.secretId)
    return { line, outcome }
  }

  it('shows host and port, and says everything once', async () => {
    const { line, outcome } = await failure({ password: 'Nothing-like-our-words-17' })
    const message = String(line.error?.message)
    expect(message).toContain(`localhost:${port} accepted the connection but did not complete the login.`)
    const [sentence = ''] = message.split(' Likely cause:')
    expect(JSON.stringify(line).split(sentence)).toHaveLength(2)
    expect(line.error?.stack).toMatch(/^NoAnswer\n {4}at /)
    expect(errorOf(outcome).trace.join('\n')).not.toContain(sentence)
  })

  it('names no host where the password is short or a word of ours, but code, cause and remedy', async () => {
    for (const password of ['t', 'app', 'localhos', 'connections', 'PostgreSQL'.slice(0, 8)]) {
      const { line, outcome } = await failure({ password })
      const message = String(line.error?.message)
      const withheld = password === 'localhos' ? '[redacted]t:' : '[withheld: it may show the secret] accepted'
      expect(message, password).toContain(withheld)
      expect(message).toMatch(
        /accepted the connection but did not complete the login\. Likely cause: .+ What to do: Check host/,
      )
      expect(line).toMatchObject({ code: 'NoAnswer', retryable: true, step: 'setSecret' })
      expect(saidBy(outcome)).toBe(message)
    }
  })
})

describe('the concealed parts of a secret', () => {
  const form = {
    parse: (text: string) => parseDatabaseSecret(text, postgres({})),
    sensitive: () => ['Only-this-0'],
  }
  const said = (secret: unknown, text: string) => {
    const redactor = createRedactor()
    concealSecret(typeof secret === 'string' ? secret : JSON.stringify(secret), form, redactor)
    return redactor.text(`It said ${text}.`)
  }

  it('are those that its type names, where the type accepts it', () => {
    const accepted = { host: 'db.example', username: 'application', password: 'any', note: 'Not-this-1' }
    expect(said(accepted, 'Only-this-0, Not-this-1')).toBe('It said [redacted], Not-this-1.')
  })

  it('are all values at any depth, where the type refuses it', () => {
    const refused = {
      host: { name: 'db-of-a-secret' },
      list: ['Value-in-a-list', { deep: 'Value-deep-in-it', n: 123456789 }],
    }
    for (const value of ['db-of-a-secret', 'Value-in-a-list', 'Value-deep-in-it', '123456789'])
      expect(said(refused, value)).toBe('It said [redacted].')
  })

  it('are its secret values and not its lines, where it is JSON over several lines', () => {
    const accepted = { host: 'db.example', username: 'application', password: 'Only-this-0' }
    const lines = JSON.stringify(accepted, null, 2)
    expect(said(lines, 'Only-this-0 at db.example')).toBe('It said [redacted] at db.example.')
  })

  it('are the whole and each line, where it is no JSON', () => {
    const text = 'user: application\npassword: Value-in-yaml\n'
    for (const value of [text, text.trim(), 'password: Value-in-yaml'])
      expect(said(text, value)).toBe('It said [redacted].')
  })
})
