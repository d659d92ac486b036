import { type Environment, oneOf } from '../../shared/environment.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say, type Words } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import type { Mend } from '../../shared/mysql-family/mend.ts'
import { nativeHash } from '../../shared/mysql-family/native-hash.ts'
import { literal } from '../../shared/mysql-family/quoting.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'

export const nativePlugin = 'mysql_native_password'

/** Reads MARIADB_PASSWORD_FORMAT: `native-hash` (the default) or `cleartext`. @throws RotationError InvalidConfiguration */
export function passwordFormat(env: Environment) {
  return oneOf('MARIADB_PASSWORD_FORMAT', env, ['native-hash', 'cleartext'])
}

/** Writes a password for `SET PASSWORD =` and for `USING`. */
export type PasswordWriter = (password: string) => string

/**
 * As its hash, unless MARIADB_PASSWORD_FORMAT says `cleartext`: MariaDB writes these statements as they are into its logs,
 * and nobody can log in with the hash.
 */
export function passwordWriter(
  format: ReturnType<typeof passwordFormat>,
  { conceal }: Pick<RotationContext, 'conceal'>,
): PasswordWriter {
  if (format === 'cleartext') return (password) => `PASSWORD(${literal(password)})`
  return (password) => {
    const hash = nativeHash(password)
    conceal(hash)
    return `'${hash}'`
  }
}

const optionPreventsStatement = 1290
const cannotUser = 1396
const notValidPassword = 1819

/**
 * Runs a statement that gives accounts passwords.
 * @param expected numbers of further errors that are answers
 * @param mend what an administrator is to run where a privilege is missing
 * @throws RotationError PasswordRejected where the server's rules do not allow them; nothing was changed then
 */
export async function givePasswords(
  connection: ServerConnection,
  doing: Words,
  statement: string,
  expected: readonly number[] = [],
  mend?: Mend,
): Promise<number | undefined> {
  const rejections = [optionPreventsStatement, cannotUser, notValidPassword]
  const refusal = await connection.attempt(doing, statement, [...rejections, ...expected], mend)
  if (refusal === undefined || expected.includes(refusal)) return refusal
  // ALTER USER hides the reason behind a number of its own.
  const warnings = await connection.read<{ Code: unknown }>(doing, 'SHOW WARNINGS')
  const reasons = new Set([refusal, ...warnings.map(({ Code }) => Number(Code))])
  if (reasons.has(notValidPassword)) {
    throw new RotationError('PasswordRejected', say`${doing} was refused by a password validation plugin.`, {
      likely: say`The generated password lacks what the plugin asks for, or (password_reuse_check) was used before: dual-password writes the one in use a second time.`,
      remedy: say`Set the function's password variables to what the plugin asks for (SHOW VARIABLES LIKE '%password%'), then start a new rotation. With password_reuse_check use another strategy than dual-password.`,
    })
  }
  if (reasons.has(optionPreventsStatement)) throw await preventedByOption(connection, doing)
  throw new RotationError('DatabaseFailed', say`${doing} failed (${refusal}).`)
}

/** One number for two reasons: a server that was made read-only a moment ago, and one that wants to see passwords. */
async function preventedByOption(connection: ServerConnection, doing: Words): Promise<RotationError> {
  const [row] = await connection.read<{ readOnly: unknown }>(doing, 'SELECT @@GLOBAL.read_only AS readOnly')
  if (!['0', 'OFF'].includes(String(row?.readOnly)))
    return new RotationError('ReadOnlyServer', say`${doing} was refused: the server takes no changes (read_only).`)
  return new RotationError('PasswordRejected', say`${doing} was refused: the server takes no password hashes.`, {
    likely: say`A password validation plugin is loaded, and strict_password_validation is on.`,
    remedy: say`Set MARIADB_PASSWORD_FORMAT=cleartext for the function (MariaDB then writes the new password into its general and binary logs, where these are on), or strict_password_validation=OFF on the server.`,
  })
}
