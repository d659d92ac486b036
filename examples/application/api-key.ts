import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'

/** The fields that are read here; the secret may hold more. */
export interface ApiKeySecret {
  readonly api_key: string
  /** The other half, where keys come in pairs. */
  readonly secret_key?: string
}

export interface ApiKeyOptions {
  readonly secretId: string
  readonly secretsManager?: SecretsManagerClient
  /** How old the secret may get, in milliseconds. Default 5 minutes; it must be shorter than the time between two rotations. */
  readonly refreshMs?: number
  /** Whether an error says that the service refused the key: its 401. */
  isRefused(error: unknown): boolean
  /** Called when a key was refused, before the secret is fetched again. */
  readonly onRefused?: () => void
}

/**
 * Calls with a key that is rotated. The secret is kept in memory and fetched again when it is too old, and at once when the
 * service refuses the key, which a key that is not older than one rotation never is.
 */
export function createApiKey({ secretId, refreshMs = 300_000, isRefused, onRefused, ...options }: ApiKeyOptions) {
  const secretsManager = options.secretsManager ?? new SecretsManagerClient()
  let kept: { readonly text: string; readonly until: number } | undefined

  async function secret(): Promise<string> {
    if (kept !== undefined && Date.now() < kept.until) return kept.text
    const { SecretString = '{}' } = await secretsManager.send(new GetSecretValueCommand({ SecretId: secretId }))
    kept = { text: SecretString, until: Date.now() + refreshMs }
    return SecretString
  }

  return {
    /** Makes a call with the key. What `call` throws is thrown, unless a newer key mends it. */
    async use<T>(call: (secret: ApiKeySecret) => Promise<T>): Promise<T> {
      const text = await secret()
      try {
        return await call(JSON.parse(text) as ApiKeySecret)
      } catch (error) {
        if (!isRefused(error)) throw error
        onRefused?.()
        kept = undefined
        const newer = await secret()
        if (newer === text) throw error
        return call(JSON.parse(newer) as ApiKeySecret)
      }
    },
  }
}
