import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'

/** One function on one kind of database, ready to be shown. */
export interface Demonstration {
  /** The function's logical id. */
  readonly functionId: string
  /** What the strategy does, in half a sentence. */
  readonly summary: string
  readonly secretName: string
  /** Whether the value before the rotation goes on working after it. */
  readonly overlap: boolean
  readonly expectedLogins: number
  readonly expectedCalls: number
  /** Makes the login and the secret that the rotation starts from. */
  prepare(secretsManager: SecretsManagerClient): Promise<void>
}

/** A running database server, as far as the demo looks at it. */
export interface DemoServer extends AsyncDisposable {
  /** For people, for instance `PostgreSQL 18.4`. */
  readonly title: string
  readonly ca: string
  readonly demonstrations: readonly Demonstration[]
  /** Tries the login of a SecretString. */
  logsIn(secretString: string): Promise<boolean>
  /** A place in the server's log. */
  mark(): number
  /** The logins of the functions and the refused logins of anybody that the server has logged since. */
  loginsSince(mark: number): Promise<{ readonly byFunctions: number; readonly refused: number }>
}
