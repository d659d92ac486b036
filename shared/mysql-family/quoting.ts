/**
 * A text as a literal. Right only where sql_mode has neither NO_BACKSLASH_ESCAPES nor ANSI_QUOTES, in a connection of
 * utf8mb4: connection.ts sees to both before anything else (MySQL manual, "String Literals"; MariaDB: "String Literals").
 */
export function literal(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&').replaceAll('\0', '\\0')}'`
}

/** A name of a table, a database or a column (MySQL manual, "Schema Object Names"). */
export function identifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

/** An account: a user name and the host, or pattern of hosts, that it may come from (MySQL manual, "Specifying Account Names"). */
export interface Account {
  readonly user: string
  readonly host: string
}

/** `'app'@'10.%'` */
export function accountName({ user, host }: Account): string {
  return `${literal(user)}@${literal(host)}`
}

/** How SHOW GRANTS and CURRENT_ROLE() write it: `` `app`@`10.%` `` */
export function shownAccount({ user, host }: Account): string {
  return `${identifier(user)}@${identifier(host)}`
}
