import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { Driver } from '../../examples/application/database.ts'

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
  /** The worst load for a rotation: every query on a connection of its own, so that every query logs in. */
  readonly driver: Driver<unknown>
  /** A place in the server's log. */
  mark(): number
  /** The logins of the functions and the refused logins of anybody that the server has logged since. */
  loginsSince(mark: number): Promise<{ readonly byFunctions: number; readonly refused: number }>
}

/** Tries the login of a SecretString. */
export async function logsIn({ driver }: DemoServer, secretString: string): Promise<boolean> {
  const pool = driver.open(JSON.parse(secretString))
  try {
    await pool.query('SELECT 1', [])
    return true
  } catch (error) {
    if (driver.isRefusedLogin(error)) return false
    throw error
  } finally {
    await pool.end()
  }
}

/** The fields in which the secrets of one server differ. */
export interface DemoLogin {
  readonly username: string
  readonly password: string
  readonly masterarn?: string | undefined
}
