import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { type AccountOptions, requirement } from '../../shared/mysql-family/account-options.ts'
import type { LoginMethod } from './login-methods.ts'
import { nativePlugin } from './native-password.ts'

interface StoredMethod {
  readonly plugin?: string
  readonly authentication_string?: string
}

/** What the column Priv of mysql.global_priv says of an account, without what SHOW GRANTS tells better. */
export interface StoredAccount extends StoredMethod {
  readonly auth_or?: readonly StoredMethod[]
  readonly is_role?: boolean
  readonly account_locked?: boolean
  /** In days; 0 is never, -1 what the server has for all. */
  readonly password_lifetime?: number
  /** 1 is SSL, 2 X509, 3 what the texts say. */
  readonly ssl_type?: number
  readonly ssl_cipher?: string
  readonly x509_issuer?: string
  readonly x509_subject?: string
  readonly max_questions?: number
  readonly max_updates?: number
  readonly max_connections?: number
  readonly max_user_connections?: number
  readonly max_statement_time?: number
}

/**
 * The server writes and checks this column itself (MariaDB manual, "mysql.global_priv Table").
 * @throws RotationError UnsupportedServer where it is no JSON
 */
export function parsePriv(priv: string): StoredAccount {
  try {
    return JSON.parse(priv) as StoredAccount
  } catch {
    throw new RotationError('UnsupportedServer', say`mysql.global_priv has a row whose Priv is no JSON.`, {
      likely: say`Somebody has changed the table by hand.`,
      remedy: say`ALTER USER ... IDENTIFIED BY, for this account, has the server write the row anew.`,
    })
  }
}

/**
 * The ways to log in, in the order in which the server tries them. Where there are several, they are in the list `auth_or`,
 * whose entry without a plugin stands for the one that is written beside the list.
 */
export function storedMethods({ plugin, authentication_string, auth_or }: StoredAccount): LoginMethod[] {
  const single = { plugin: plugin ?? nativePlugin, text: authentication_string ?? '' }
  if (auth_or === undefined) return [single]
  return auth_or.map((each) =>
    each.plugin === undefined ? single : { plugin: each.plugin, text: each.authentication_string ?? '' },
  )
}

const requirements = ['NONE', 'SSL', 'X509']

export function storedOptions(stored: StoredAccount): AccountOptions {
  const { x509_issuer: issuer = '', x509_subject: subject = '', ssl_cipher: cipher = '' } = stored
  const { ssl_type: type = 0, password_lifetime: days = -1, account_locked: locked = false } = stored
  const limits = Object.entries({
    MAX_QUERIES_PER_HOUR: stored.max_questions ?? 0,
    MAX_UPDATES_PER_HOUR: stored.max_updates ?? 0,
    MAX_CONNECTIONS_PER_HOUR: stored.max_connections ?? 0,
    MAX_USER_CONNECTIONS: stored.max_user_connections ?? 0,
    MAX_STATEMENT_TIME: stored.max_statement_time ?? 0,
  })
  return {
    require: requirements[type] ?? requirement({ issuer, subject, cipher }),
    limits: new Map(limits.filter(([, limit]) => limit !== 0).map(([name, limit]) => [name, String(limit)])),
    password: new Map(days < 0 ? [] : [['PASSWORD EXPIRE', days === 0 ? 'NEVER' : `INTERVAL ${days} DAY`]]),
    locked,
  }
}
