import { createHash } from 'node:crypto'
import { escapeLiteral } from 'pg'
import { type Environment, oneOf } from '../../shared/environment.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { saltFor, scramVerifier } from './scram.ts'

/** In which form a password goes to the server. */
export type PasswordForm = 'scram-sha-256' | 'md5' | 'cleartext'

/**
 * The form that POSTGRES_PASSWORD_FORMAT asks for, or undefined.
 * @throws RotationError InvalidConfiguration
 */
export function configuredForm(env: Environment): PasswordForm | undefined {
  if (!env.POSTGRES_PASSWORD_FORMAT) return undefined
  return oneOf('POSTGRES_PASSWORD_FORMAT', env, ['scram-sha-256', 'md5', 'cleartext'])
}

/**
 * The form that the server itself would give to a password: any other would change how clients must log in.
 * @param setting its `password_encryption`; on and off are what versions before 14 take for md5
 */
export function formOfServer(setting: string): PasswordForm {
  return ['md5', 'on', 'true', 'yes', '1'].includes(setting) ? 'md5' : 'scram-sha-256'
}

/**
 * `PASSWORD '...'`, as ALTER ROLE takes it.
 * @throws RotationError InvalidSecret where nothing is left of the password after SASLprep
 */
export function passwordClause(
  form: PasswordForm,
  username: string,
  password: string,
  { token, conceal }: RotationContext,
): string {
  if (form === 'cleartext') return `PASSWORD ${escapeLiteral(password)}`
  // PostgreSQL manual, "pg_authid": `md5` and the digest of password and name, which is all that it takes to log in.
  const md5 = () => `md5${createHash('md5').update(`${password}${username}`).digest('hex')}`
  const verifier = form === 'md5' ? md5() : scramVerifier(password, saltFor(token, username))
  conceal(verifier)
  return `PASSWORD '${verifier}'`
}
