import { hash } from 'node:crypto'

/** What mysql_native_password keeps of a password: SHA-1, twice (MySQL and MariaDB manuals, on that plugin). */
export function nativeHash(password: string): string {
  return `*${hash('sha1', hash('sha1', password, 'buffer'), 'hex').toUpperCase()}`
}
