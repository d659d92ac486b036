import { randomUUID } from 'node:crypto'
import type { KeyProvider } from '../../../local/servers/key-provider.ts'
import type { SecretTypeUnderTest, Target } from '../../contract/secret-type.ts'
import type { FunctionUnderTest } from '../../support/function-under-test.ts'
import type { SecretsManager } from '../../support/secrets-manager.ts'

import { letsIn } from './key-provider.ts'

export const apiKeyFunction: FunctionUnderTest = {
  id: 'ApiKey',
  module: 'test/functions/api-key/handlers/on-this-machine.ts',
}

export function keyIn(value: string): string {
  return String((JSON.parse(value) as { api_key?: unknown }).api_key)
}

export interface ApiKeyWish {
  readonly account?: string
  /** Fields of the secret besides. */
  readonly fields?: Readonly<Record<string, unknown>>
}

/** An account with a key that somebody has made by hand, and the first value of its secret. */
export function apiKeyTarget(provider: KeyProvider, { account = randomUUID(), fields = {} }: ApiKeyWish = {}): Target {
  const { value: key, id } = provider.give(account)
  const value = JSON.stringify({ api_key: key, secret_key: '', key_id: id, params: { account }, ...fields })
  return {
    value,
    works: (text) => letsIn(provider.front, keyIn(text)),
    snapshot: async () => provider.keys(account).map(({ id, name }) => [id, name]),
    sensitive: (text) => [keyIn(text)],
    others: [],
    logins: [],
  }
}

/** The same, with keys that another secret's key makes. */
export async function targetWithAdmin(
  provider: KeyProvider,
  { store }: Pick<SecretsManager, 'store'>,
  wish: ApiKeyWish = {},
) {
  const admin = provider.give('admin').value
  const arn = await store(JSON.stringify({ api_key: admin }))
  const target = apiKeyTarget(provider, { ...wish, fields: { admin_secret_arn: arn, ...wish.fields } })
  return { arn, admin, target: { ...target, others: [admin] } }
}

export function apiKey(provider: KeyProvider, env: Readonly<Record<string, string>>): SecretTypeUnderTest {
  const make = (wish?: ApiKeyWish) => async () => apiKeyTarget(provider, wish)
  return {
    title: 'api key',
    server: 'a provider of our own',
    function: { ...apiKeyFunction, env },
    oldValue: 'works',
    sequences: 4,
    fresh: make(),
    hostile: {
      'an account with quotes, braces, %, ?, # and unicode in its name': make({
        account: `a"}{$from%2e?x=1#é名\\u0000 ${randomUUID()}`.replace('\\', ''),
      }),
      'unknown fields, big numbers and __proto__': make({
        fields: { ['__proto__']: { a: 1 }, big: 12345678901234567890n.toString(), z: [null], $from: 'admin:/api_key' },
      }),
    },
  }
}
