import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import { type Account, accountName, shownAccount } from './quoting.ts'

/** What was granted to an account itself, not to its roles. All names and objects are as SQL writes them. */
export interface Rights {
  /** By what they are on: `` `d`.* `` has SELECT, ``INSERT (`a`)``, GRANT OPTION. */
  readonly privileges: ReadonlyMap<string, ReadonlySet<string>>
  /** MySQL's partial revokes: what a privilege on all databases does not reach. */
  readonly exceptions: ReadonlyMap<string, ReadonlySet<string>>
  /** Whether with ADMIN OPTION, by role. */
  readonly roles: ReadonlyMap<string, boolean>
  /** Whether with GRANT OPTION, by the account that may be acted for. */
  readonly proxies: ReadonlyMap<string, boolean>
  /** MariaDB's; MySQL shows its own in SHOW CREATE USER. */
  readonly defaultRole: string | undefined
}

export const allPrivileges = 'ALL PRIVILEGES'
/** Held for an object, beside the privileges on it. */
export const grantOption = 'GRANT OPTION'
/** Follows each of MySQL's dynamic privileges that may be handed on: each has that option for itself. */
export const withGrantOption = ' WITH GRANT OPTION'

const name = '`(?:[^`]|``)*`'
const account = `${name}(?:@${name})?`
const grantee = `${account}|PUBLIC|'[^']*'@'[^']*'`
const word = '[A-Z][A-Z0-9_]*'
const privilege = `${word}(?: ${word})*(?: \\(${name}(?:, ?${name})*\\))?`
const privilegeRow = new RegExp(
  `^(GRANT|REVOKE) (${privilege}(?:, ?${privilege})*) ON ((?:${word} )*(?:\\*|${name})\\.(?:\\*|${name})) (?:TO|FROM) (${grantee})(| .*)$`,
  's',
)
const roleRow = new RegExp(`^GRANT (${account}(?:, ?${account})*) TO (${grantee})( WITH ADMIN OPTION)?$`)
const defaultRoleRow = new RegExp(`^SET DEFAULT ROLE (${account}) FOR (${grantee})$`)
const proxyRow = /^GRANT PROXY ON (.*)$/s
// Before or among the limits that MariaDB shows there too; the options of TLS before them end in a quote.
const grantOptionTail = / WITH GRANT OPTION(?: MAX_[A-Z_]+ -?[\d.]+)*$/

/**
 * Reads what SHOW GRANTS gives, with names in backquotes (sql_quote_show_create, no ANSI_QUOTES).
 * @param of the account whose own rights are asked for: rows of its roles are left out. Without it all rows count: what
 *   the session can do.
 * @throws RotationError UnsupportedServer where a row has a form that is not known: leaving it out could hide a right
 */
export function parseGrants(rows: readonly string[], of?: Account): Rights {
  const privileges = new Map<string, Set<string>>()
  const exceptions = new Map<string, Set<string>>()
  const roles = new Map<string, boolean>()
  const proxies = new Map<string, boolean>()
  let defaultRole: string | undefined
  const isOwn = (text: string) => of === undefined || spellings(of).includes(text)
  // MySQL has several rows for one object, and so have an account and its roles.
  const add = (map: Map<string, Set<string>>, on: string, several: readonly string[]) =>
    map.set(on, (map.get(on) ?? new Set()).union(new Set(several)))

  for (const row of rows) {
    const [, verb = '', list = '', on = '', holder = '', tail = ''] = privilegeRow.exec(row) ?? []
    const [, roleList = '', member = '', admin] = roleRow.exec(row) ?? []
    const [, role = '', chooser = ''] = defaultRoleRow.exec(row) ?? []
    const [, proxy = ''] = proxyRow.exec(row) ?? []
    if (proxy !== '') {
      const found = parseProxy(proxy, of)
      if (found !== undefined) proxies.set(found.on, found.option)
    } else if (verb === 'REVOKE') {
      if (isOwn(holder)) add(exceptions, on, privilegesIn(list, false))
    } else if (verb === 'GRANT') {
      if (isOwn(holder)) add(privileges, on, privilegesIn(list, grantOptionTail.test(tail)))
    } else if (roleList !== '') {
      for (const [each] of roleList.matchAll(new RegExp(account, 'g')))
        if (isOwn(member)) roles.set(each, admin !== undefined || roles.get(each) === true)
    } else if (role !== '') {
      if (isOwn(chooser)) defaultRole = role
    } else throw unknownForm()
  }
  for (const [on, held] of privileges) if (held.size === 0) privileges.delete(on)
  return { privileges, exceptions, roles, proxies, defaultRole }
}

/** ``SELECT, INSERT (`a`, `b`)`` with all columns apart. USAGE is no privilege. */
function privilegesIn(list: string, option: boolean): string[] {
  const found = [...list.matchAll(new RegExp(privilege, 'g'))].flatMap(([each]) => {
    const columns = each.indexOf(' (')
    if (columns === -1) return [each]
    const names = each.slice(columns).match(new RegExp(name, 'g')) ?? []
    return names.map((column) => `${each.slice(0, columns)} (${column})`)
  })
  const held = found.filter((each) => each !== 'USAGE')
  if (!option) return held
  const isDynamic = (each: string) => /^[A-Z0-9]+(_[A-Z0-9]+)+$/.test(each)
  if (held.length > 0 && held.every(isDynamic)) return held.flatMap((each) => [each, each + withGrantOption])
  return [...held, grantOption]
}

/** MariaDB quotes these names by ' and escapes nothing in them; but it is known who the right was granted to. */
function parseProxy(text: string, of: Account | undefined): { on: string; option: boolean } | undefined {
  const option = text.endsWith(withGrantOption)
  const rest = option ? text.slice(0, -withGrantOption.length) : text
  const ends = of === undefined ? [rest.slice(rest.lastIndexOf(' TO ') + 4)] : spellings(of)
  const end = ends.find((spelling) => rest.endsWith(` TO ${spelling}`))
  if (end === undefined) return undefined
  const on = rest.slice(0, -` TO ${end}`.length)
  const [, user, host] = /^'(.*)'@'([^']*)'$/s.exec(on) ?? []
  if (user !== undefined && host !== undefined) return { on: accountName({ user, host }), option }
  const [, quotedUser, quotedHost] = new RegExp(`^(${name})@(${name})$`).exec(on) ?? []
  if (quotedUser === undefined || quotedHost === undefined) throw unknownForm()
  return { on: accountName({ user: unquoted(quotedUser), host: unquoted(quotedHost) }), option }
}

/** How a row may name an account. */
function spellings(account: Account): string[] {
  return [shownAccount(account), `'${account.user}'@'${account.host}'`]
}

/** The name that stands in backquotes. */
export function unquoted(quoted: string): string {
  return quoted.slice(1, -1).replaceAll('``', '`')
}

function unknownForm(): RotationError {
  return new RotationError('UnsupportedServer', say`SHOW GRANTS has a row in a form that is not known here.`, {
    likely: say`The server is newer than those that this was tried with.`,
    remedy: say`Use another strategy, and report what SHOW GRANTS shows for this account.`,
  })
}
