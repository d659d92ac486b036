import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { AccountOptions } from '../../shared/mysql-family/account-options.ts'

/**
 * What SHOW CREATE USER tells of an account besides its name. `require` is as the server wrote it, which differs in how it
 * treats quotes: good for comparing two accounts of one server, and for no statement.
 */
export interface ShownAccount extends AccountOptions {
  /** How it logs in: ` IDENTIFIED ...`, as the server wrote it, or nothing. */
  readonly identification: string
}

const name = '`(?:[^`]|``)*`'
const certificate = "(?:SUBJECT|ISSUER|CIPHER) '.*?'"
const limit = 'MAX_[A-Z_]+ -?[\\d.]+'
const expiry = 'PASSWORD EXPIRE(?: NEVER| DEFAULT| INTERVAL \\d+ DAY)?'
// Quotes in texts are doubled by some patch levels and left as they are by others: what is taken is the whole of it.
const statement = new RegExp(
  [
    `^CREATE USER ${name}@${name}(.*?)`,
    `(?: REQUIRE (NONE|SSL|X509|${certificate}(?: ${certificate})*))?`,
    `(?: WITH (${limit}(?: ${limit})*))?`,
    `((?: (?:${expiry}|ACCOUNT (?:LOCK|UNLOCK)))*)$`,
  ].join(''),
  's',
)

/**
 * @param rows the texts that SHOW CREATE USER gives, names in backquotes; MariaDB adds a second one where the password
 *   is expired and has a lifetime too
 * @throws RotationError UnsupportedServer
 */
export function parseShownAccount([row = '', lifetime = '']: readonly string[]): ShownAccount {
  const [all, identification = '', require = 'NONE', limits = '', rules = ''] = statement.exec(row) ?? []
  if (all === undefined || !isIdentification(identification)) {
    throw new RotationError('UnsupportedServer', say`SHOW CREATE USER has a form that is not known here.`, {
      likely: say`The server is newer than those that this was tried with.`,
      remedy: say`Use another strategy, and report what SHOW CREATE USER shows for this account.`,
    })
  }
  const later = / PASSWORD EXPIRE .*$/s.exec(lifetime)?.[0] ?? ''
  // An expired password has no lifetime of its own; the next one has the default's.
  const password = [...(rules + later).matchAll(/PASSWORD EXPIRE (NEVER|DEFAULT|INTERVAL \d+ DAY)/g)].map(
    ([, value = '']) => ['PASSWORD EXPIRE', value] as const,
  )
  return {
    identification,
    require,
    limits: new Map([...limits.matchAll(/(MAX_[A-Z_]+) (\S+)/g)].map(([, key = '', value = '']) => [key, value])),
    password: new Map(password),
    locked: rules.includes(' ACCOUNT LOCK'),
  }
}

/** It ends in a text or in the name of a plugin; where it does not, what it ends in is an option that would be lost. */
function isIdentification(text: string): boolean {
  return /(?:^|'|(?:VIA|OR) [a-z]\w*)$/.test(text)
}
