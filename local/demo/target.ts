import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'

/** One function on one kind of target, ready to be shown. */
export interface Demonstration {
  /** The function's logical id. */
  readonly functionId: string
  /** What the strategy does, in half a sentence. */
  readonly summary: string
  readonly secretName: string
  /** Whether the value before the rotation goes on working after it. */
  readonly overlap: boolean
  /** Whether the old value ends by itself some day, and not by a rotation: an application that keeps it has access until then. */
  readonly endsByItself?: boolean
  readonly expectedLogins: number
  readonly expectedCalls: number
  /** Makes the login at the target and its secret in Secrets Manager, from which the rotation starts. */
  prepare(secretsManager: SecretsManagerClient): Promise<void>
}

/** A user of the secret's value. Each use is a new login, the worst load for a rotation. */
export interface Client {
  /** Uses a value, as JSON, once. */
  use(value: string): Promise<void>
  /** Whether an error says that the value was refused. */
  isRefused(error: unknown): boolean
  /** The application of examples/application, which fetches its secret again now and then and when it is refused. */
  application(options: ApplicationOptions): { use(): Promise<void>; end(): Promise<void> }
}

export interface ApplicationOptions {
  readonly secretId: string
  readonly secretsManager: SecretsManagerClient
  /** How old its secret may get, in milliseconds. */
  readonly refreshMs: number
  onRefused(): void
}

/** A running target, as far as the demo looks at it. */
export interface DemoTarget extends AsyncDisposable {
  /** The target's name for people, for instance `PostgreSQL 18.4`. */
  readonly title: string
  /** Variables of the functions. */
  readonly env: Readonly<Record<string, string>>
  /** Functions that run in another form than the deployed one, by id: paths of modules. */
  readonly modules?: Readonly<Record<string, string>>
  readonly demonstrations: readonly Demonstration[]
  readonly client: Client
  /** A place in the target's log. */
  mark(): number
  /** Shows what else can happen there, and gives sentences about what was not as promised. */
  afterwards?(say: (line: string) => void): Promise<readonly string[]>
  /** The logins of the functions and the refused logins of anybody that the target has logged since. */
  loginsSince(mark: number): Promise<{ readonly byFunctions: number; readonly refused: number }>
}

/** Tries a SecretString. */
export async function works({ client }: DemoTarget, secretString: string): Promise<boolean> {
  try {
    await client.use(secretString)
    return true
  } catch (error) {
    if (client.isRefused(error)) return false
    throw error
  }
}
