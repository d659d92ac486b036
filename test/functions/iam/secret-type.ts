import type { SecretTypeUnderTest, Target } from '../../contract/secret-type.ts'
import type { IamApi, Pair } from '../../support/iam-api.ts'

/** The key of a value with the fields `api_key` and `secret_key`. */
export function keyIn(value: string): Pair {
  const { api_key, secret_key } = JSON.parse(value) as Record<string, unknown>
  return { id: String(api_key), secretKey: String(secret_key) }
}

export interface AccessKeyTarget extends Target {
  readonly userName: string
}

/** A user with a key that somebody has made by hand, and the first value of its secret. */
export async function accessKeyTarget(
  api: IamApi,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<AccessKeyTarget> {
  const { name, key } = await api.user()
  const value = JSON.stringify({ api_key: key.id, secret_key: key.secretKey, ...fields })
  return {
    value,
    userName: name,
    works: (text) => api.works(keyIn(text)),
    snapshot: () => api.keys(name),
    sensitive: (text) => [keyIn(text).secretKey],
    others: [],
    logins: [],
  }
}

export function iamAccessKey(api: IamApi): SecretTypeUnderTest {
  return {
    title: 'IAM access key',
    server: 'moto 5.2',
    function: { id: 'IamAccessKey', module: 'functions/iam/access-key.ts', env: api.env },
    oldValue: 'works',
    sequences: 4,
    fresh: () => accessKeyTarget(api),
    hostile: {
      'unknown fields, big numbers and __proto__': () =>
        accessKeyTarget(api, { ['__proto__']: { a: 1 }, user_name: '', z: [null] }),
    },
  }
}
