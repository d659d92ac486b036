import { RotationError } from '../rotation/errors.ts'
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

/** What SHOW CREATE USER tells of an account besides its name. */
export interface ShownAccount extends AccountOptions {
  /** How it logs in: ` IDENTIFIED ...`, as the server wrote it, or nothing. */
  readonly identification: string
  /** MySQL's; MariaDB shows its own in SHOW GRANTS. */
  readonly defaultRoles: string | undefined
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

const name = '`(?:[^`]|``)*`'
const account = `${name}(?:@${name})?`
const certificate = "(?:SUBJECT|ISSUER|CIPHER) '.*?'"
const limit = 'MAX_[A-Z_]+ -?[\\d.]+'
const passwordRules = [
  'PASSWORD EXPIRE(?: NEVER| DEFAULT| INTERVAL \\d+ DAY)?',
  'PASSWORD HISTORY (?:DEFAULT|\\d+)',
  'PASSWORD REUSE INTERVAL (?:DEFAULT|\\d+ DAY)',
  'PASSWORD REQUIRE CURRENT(?: DEFAULT| OPTIONAL)?',
  'FAILED_LOGIN_ATTEMPTS \\d+',
  'PASSWORD_LOCK_TIME (?:\\d+|UNBOUNDED)',
].join('|')
// Texts in quotes are not escaped there: what is taken is the one way to read the whole of it.
const statement = new RegExp(
  [
    `^CREATE USER ${account}(.*?)`,
    `(?: DEFAULT ROLE (${account}(?:, ?${account})*))?`,
    `(?: REQUIRE (NONE|SSL|X509|${certificate}(?: ${certificate})*))?`,
    `(?: WITH (${limit}(?: ${limit})*))?`,
    `((?: (?:${passwordRules}|ACCOUNT (?:LOCK|UNLOCK)))*)`,
    "(?: ATTRIBUTE '.*')?$",
  ].join(''),
  's',
)

/**
 * @param rows the texts that SHOW CREATE USER gives, names in backquotes; MariaDB adds a second one where the password
 *   is expired and has a lifetime too
 * @throws RotationError UnsupportedServer
 */
export function parseAccountOptions([row = '', lifetime = '']: readonly string[]): ShownAccount {
  const [all, identification = '', defaultRoles, require = 'NONE', limits = '', rules = ''] = statement.exec(row) ?? []
  if (all === undefined || !isIdentification(identification)) {
    throw new RotationError('UnsupportedServer', 'SHOW CREATE USER has a form that is not known here.', {
      likely: 'The server is newer than those that this was tried with.',
      remedy: 'Use another strategy, and report what SHOW CREATE USER shows for this account.',
    })
  }
  const later = / PASSWORD EXPIRE .*$/s.exec(lifetime)?.[0] ?? ''
  const password = [...(rules + later).matchAll(new RegExp(passwordRules, 'g'))].map(([rule]) => {
    const [, key = '', value = ''] =
      /^((?:PASSWORD (?:EXPIRE|HISTORY|REUSE INTERVAL|REQUIRE CURRENT))|[A-Z_]+) ?(.*)$/s.exec(rule) ?? []
    return [key, value] as const
  })
  return {
    identification,
    defaultRoles,
    require: require.replaceAll(
      /(SUBJECT|ISSUER|CIPHER) '(.*?)'(?= SUBJECT '| ISSUER '| CIPHER '|$)/gs,
      (_, key: string, value: string) => `${key} ${literal(value)}`,
    ),
    limits: new Map([...limits.matchAll(/(MAX_[A-Z_]+) (\S+)/g)].map(([, key = '', value = '']) => [key, value])),
    // An expired password has no lifetime of its own; the next one has the default's.
    password: new Map(password.filter(([key, value]) => key !== 'PASSWORD EXPIRE' || value !== '')),
    locked: rules.includes(' ACCOUNT LOCK'),
  }
}

/** It ends in a text or in the name of a plugin; where it does not, what it ends in is an option that would be lost. */
function isIdentification(text: string): boolean {
  return /(?:^|'|AS 0x[0-9A-F]+|(?:VIA|OR|WITH) [a-z]\w*)$/.test(text)
}

/** Switched off by 0; there is no DEFAULT for them (MySQL manual, "ALTER USER"). */
const withoutDefault = ['FAILED_LOGIN_ATTEMPTS', 'PASSWORD_LOCK_TIME']

/** What of the options of two accounts differs, and the clause of ALTER USER that makes the second like the first. */
export function optionDifferences(base: AccountOptions, twin: AccountOptions): { what: string[]; clause: string } {
  const limits = unequal(base.limits, twin.limits, '0')
  const rules = unequal(base.password, twin.password, 'DEFAULT').map(
    ([key, value]) => [key, value === 'DEFAULT' && withoutDefault.includes(key) ? '0' : value] as const,
  )
  const require = base.require === twin.require ? [] : [`REQUIRE ${base.require}`]
  return {
    // Without values: a certificate's names are nobody's business.
    what: [...(require.length > 0 ? ['REQUIRE'] : []), ...[...limits, ...rules].map(([key]) => key)],
    clause: [
      ...require,
      ...(limits.length > 0 ? ['WITH'] : []),
      ...[...limits, ...rules].map(([key, value]) => `${key} ${value}`.trim()),
    ].join(' '),
  }
}

function unequal(base: ReadonlyMap<string, string>, twin: ReadonlyMap<string, string>, missing: string) {
  return [...new Set([...base.keys(), ...twin.keys()])]
    .map((key) => [key, base.get(key) ?? missing, twin.get(key) ?? missing] as const)
    .filter(([, wanted, has]) => wanted !== has)
    .map(([key, wanted]) => [key, wanted] as const)
}
