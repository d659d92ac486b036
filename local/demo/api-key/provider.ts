import { request } from 'node:https'
import { fileURLToPath } from 'node:url'
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { createApiKey } from '../../../examples/application/api-key.ts'
import type { HttpsFront } from '../../servers/https-front.ts'
import { startKeyProvider } from '../../servers/key-provider.ts'
import { describedProvider, descriptionOf } from '../../servers/key-provider-description.ts'
import type { DemoTarget } from '../target.ts'

const account = 'demo'
const secretName = 'demo/api-key'

/** A provider of keys behind TLS, and clients that call it with a key all the time. */
export async function startApiKeyDemo(): Promise<DemoTarget> {
  const provider = await startKeyProvider()
  const { front } = provider
  const described = await describedProvider(front, descriptionOf(front))
  const refused: number[] = []
  front.spoil = () => ({
    change(said) {
      if (said.status === 401) refused.push(front.heard.length)
      return said
    },
  })
  const call = async (key: string) => {
    const status = await ask(front, key)
    if (status !== 200) throw new RefusedError(status)
  }
  const isRefused = (error: unknown) => error instanceof RefusedError && error.status === 401
  return {
    title: 'a provider on this machine',
    // An application that never replaces the first key loses access, as with any other key.
    env: { ...described.env, API_KEY_REVOKE_FIRST: 'true' },
    modules: { ApiKey: fileURLToPath(new URL('function.ts', import.meta.url)) },
    demonstrations: [
      {
        functionId: 'ApiKey',
        summary: 'the provider makes a new key, and the one before lives until the next rotation',
        secretName,
        overlap: true,
        // The function lists keys, makes one and verifies it; from the second rotation on it also revokes one.
        expectedLogins: 3,
        expectedCalls: 11,
        async prepare(secretsManager) {
          const { value, id } = provider.give(account)
          const SecretString = JSON.stringify({ api_key: value, secret_key: '', key_id: id, params: { account } })
          await secretsManager.send(new CreateSecretCommand({ Name: secretName, SecretString }))
        },
      },
    ],
    client: {
      use: (value) => call(keyIn(value)),
      isRefused,
      application({ secretId, secretsManager, refreshMs, onRefused }) {
        const client = createApiKey({ secretId, secretsManager, refreshMs, onRefused, isRefused })
        return { use: () => client.use(({ api_key: key }) => call(key)), end: async () => undefined }
      },
    },
    mark: () => front.heard.length,
    async loginsSince(mark) {
      const byFunctions = front.heard.slice(mark).filter(({ headers }) => headers['user-agent'] === 'keyturn').length
      return { byFunctions, refused: refused.filter((at) => at > mark).length }
    },
    async [Symbol.asyncDispose]() {
      await described[Symbol.asyncDispose]()
      await provider[Symbol.asyncDispose]()
    },
  }
}

class RefusedError extends Error {
  readonly status: number
  constructor(status: number) {
    super(`the provider answered ${status}`)
    this.status = status
  }
}

function keyIn(value: string): string {
  return String((JSON.parse(value) as { readonly api_key?: unknown }).api_key)
}

function ask({ host, certificate }: HttpsFront, key: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}` }
    const outgoing = request(`https://${host}/me`, { ca: certificate, headers, agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    outgoing.once('error', reject).end()
  })
}
