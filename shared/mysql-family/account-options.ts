import { type Difference, sideBySide } from './differences.ts'
import { literal } from './quoting.ts'

/** What an account is bound to, on MySQL and MariaDB. */
export interface AccountOptions {
  /** `NONE`, `SSL`, `X509` or `ISSUER '...' SUBJECT '...' CIPHER '...'`, as SQL. */
  readonly require: string
  /** `MAX_USER_CONNECTIONS` → `5`. No limit is 0. */
  readonly limits: ReadonlyMap<string, string>
  /** `PASSWORD EXPIRE` → `INTERVAL 90 DAY`, `FAILED_LOGIN_ATTEMPTS` → `3`; what is not there is as the server has it by default. */
  readonly password: ReadonlyMap<string, string>
  readonly locked: boolean
}

/** What REQUIRE says of a certificate, as SQL; empty texts are left out. */
export function requirement(certificate: Readonly<Record<'issuer' | 'subject' | 'cipher', string>>): string {
  const { issuer, subject, cipher } = certificate
  const texts = [['ISSUER', issuer] as const, ['SUBJECT', subject] as const, ['CIPHER', cipher] as const]
  return texts
    .filter(([, text]) => text !== '')
    .map(([key, text]) => `${key} ${literal(text)}`)
    .join(' ')
}

/** Switched off by 0; there is no DEFAULT for them (MySQL manual, "ALTER USER"). */
const withoutDefault = ['FAILED_LOGIN_ATTEMPTS', 'PASSWORD_LOCK_TIME']

/**
 * What of the options of two accounts differs.
 * @param to the account to be changed, as SQL writes it
 * @returns one difference, or none
 */
export function optionDifferences(base: AccountOptions, clone: AccountOptions, to: string): Difference[] {
  const limits = unequal(base.limits, clone.limits, '0')
  const rules = unequal(base.password, clone.password, 'DEFAULT').map(
    ([key, value]) => [key, value === 'DEFAULT' && withoutDefault.includes(key) ? '0' : value] as const,
  )
  const require = base.require === clone.require ? [] : ['REQUIRE']
  const names = [...require, ...[...limits, ...rules].map(([key]) => key)]
  const clause = [
    ...require.map((word) => `${word} ${base.require}`),
    ...(limits.length > 0 ? ['WITH'] : []),
    ...[...limits, ...rules].map(([key, value]) => `${key} ${value}`.trim()),
  ]
  return names.length === 0 ? [] : [{ kind: 'options', to, clone: 'has', names, clause: clause.join(' ') }]
}

function unequal(base: ReadonlyMap<string, string>, clone: ReadonlyMap<string, string>, missing: string) {
  return sideBySide(base, clone)
    .filter(({ wanted = missing, has = missing }) => wanted !== has)
    .map(({ name, wanted = missing }) => [name, wanted] as const)
}
