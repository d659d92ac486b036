import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import ssh2, { type Client } from 'ssh2'

/** The fields that are read here; the secret may hold more. */
export interface SshSecret {
  readonly username: string
  readonly private_key: string
  readonly hosts: readonly { readonly host: string; readonly port?: number; readonly host_keys: readonly string[] }[]
}

export interface SshOptions {
  readonly secretId: string
  readonly secretsManager?: SecretsManagerClient
  /** How old the secret may get, in milliseconds. Default 5 minutes; it must be shorter than the time between two rotations. */
  readonly refreshMs?: number
  /** Called when a key was refused, before the secret is fetched again. */
  readonly onRefused?: () => void
}

/**
 * Logins with a key that is rotated. The secret is kept in memory and fetched again when it is too old, and at once when a
 * host refuses the key, which a key that is not older than one rotation never is.
 */
export function createSshLogins({ secretId, refreshMs = 300_000, onRefused, ...options }: SshOptions) {
  const secretsManager = options.secretsManager ?? new SecretsManagerClient()
  let kept: { readonly text: string; readonly until: number } | undefined

  async function secret(): Promise<string> {
    if (kept !== undefined && Date.now() < kept.until) return kept.text
    const { SecretString = '{}' } = await secretsManager.send(new GetSecretValueCommand({ SecretId: secretId }))
    kept = { text: SecretString, until: Date.now() + refreshMs }
    return SecretString
  }

  return {
    /** A login at one of the secret's hosts. The caller ends it. */
    async connect(index = 0): Promise<Client> {
      const text = await secret()
      try {
        return await logIn(JSON.parse(text), index)
      } catch (error) {
        if (!isRefusedKey(error)) throw error
        onRefused?.()
        kept = undefined
        const newer = await secret()
        if (newer === text) throw error
        return logIn(JSON.parse(newer), index)
      }
    },
  }
}

/** Whether an error says that the host refused the key. */
export function isRefusedKey(error: unknown): boolean {
  return error instanceof Error && 'level' in error && error.level === 'client-authentication'
}

/** Logs in at one host, which must prove that it has one of its pinned keys. */
export async function logIn({ username, private_key: privateKey, hosts }: SshSecret, index = 0): Promise<Client> {
  const { host, port = 22, host_keys: keys } = hosts[index] ?? { host: '', host_keys: [] }
  const client = new ssh2.Client()
  const { promise, resolve, reject } = Promise.withResolvers<Client>()
  // For the client's whole life: an error that nobody hears ends the process.
  client.on('error', reject)
  client.once('ready', () => resolve(client))
  const isPinned = (key: Buffer) => keys.some((pinned) => pinned.split(' ').includes(key.toString('base64')))
  client.connect({ host, port, username, privateKey, hostVerifier: isPinned })
  return promise
}
