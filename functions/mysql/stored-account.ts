import { type AccountOptions, requirement } from '../../shared/mysql-family/account-options.ts'

const texts = ['ssl_type', 'ssl_cipher', 'x509_issuer', 'x509_subject'] as const
const limits = {
  MAX_QUERIES_PER_HOUR: 'max_questions',
  MAX_UPDATES_PER_HOUR: 'max_updates',
  MAX_CONNECTIONS_PER_HOUR: 'max_connections',
  MAX_USER_CONNECTIONS: 'max_user_connections',
} as const
const locking = (field: string) => `User_attributes->>'$.Password_locking.${field}'`
const rules = {
  lifetime: 'password_lifetime',
  history: 'Password_reuse_history',
  reuse: 'Password_reuse_time',
  current: 'Password_require_current',
  locked: 'account_locked',
  attempts: locking('failed_login_attempts'),
  lock_days: locking('password_lock_time_days'),
} as const

/**
 * The columns of mysql.user that say what an account is bound to, from MySQL 8.0.14 on (MySQL manual, "Grant Tables"). SHOW
 * CREATE USER would have quotes in its texts as they are, and costs a round trip for each account.
 */
export const optionColumns = [
  ...texts.map((name) => `CONVERT(${name} USING utf8mb4) AS ${name}`),
  ...Object.values(limits),
  ...Object.entries(rules).map(([name, column]) => `${column} AS ${name}`),
].join(', ')

type Column = (typeof texts)[number] | (typeof limits)[keyof typeof limits] | keyof typeof rules

/** What the server gives for these columns. */
export type OptionRow = Readonly<Record<Column, string | number | null>>

const requirements: Readonly<Record<string, string>> = { '': 'NONE', ANY: 'SSL', X509: 'X509' }

export function storedOptions(row: OptionRow): AccountOptions {
  const text = (column: Column) => String(row[column] ?? '')
  const [issuer, subject, cipher] = [text('x509_issuer'), text('x509_subject'), text('ssl_cipher')]
  const bounds = Object.entries(limits).map(([name, column]) => [name, text(column)] as const)
  const password: [string, string][] = []
  // NULL is what the server has for all.
  const rule = (key: string, column: Column, value: (text: string) => string) => {
    if (row[column] !== null) password.push([key, value(text(column))])
  }
  rule('PASSWORD EXPIRE', 'lifetime', (days) => (days === '0' ? 'NEVER' : `INTERVAL ${days} DAY`))
  rule('PASSWORD HISTORY', 'history', (count) => count)
  rule('PASSWORD REUSE INTERVAL', 'reuse', (days) => `${days} DAY`)
  rule('PASSWORD REQUIRE CURRENT', 'current', (value) => (value === 'Y' ? '' : 'OPTIONAL'))
  rule('FAILED_LOGIN_ATTEMPTS', 'attempts', (count) => count)
  rule('PASSWORD_LOCK_TIME', 'lock_days', (days) => (days === '-1' ? 'UNBOUNDED' : days))
  return {
    require: requirements[text('ssl_type')] ?? requirement({ issuer, subject, cipher }),
    limits: new Map(bounds.filter(([, limit]) => limit !== '0')),
    password: new Map(password),
    locked: text('locked') === 'Y',
  }
}
