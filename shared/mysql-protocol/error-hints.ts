import type { ErrorDetails } from '../rotation/errors.ts'

/** Lock wait timeout; max_execution_time of MySQL and max_statement_time of MariaDB, which end a wait for a lock, too. */
const lockWaits = new Set([1205, 3024, 1969])

const whoHolds: ErrorDetails = {
  likely:
    'Somebody holds a lock that this needs: a backup, FLUSH TABLES WITH READ LOCK, LOCK TABLES, or another run of this step.',
  remedy:
    'Let it end: SHOW PROCESSLIST shows it, on MySQL also performance_schema.metadata_locks. The change may have been made all the same; the next attempt finds out.',
}

/** What is known of a login that the server has refused with a number, beyond what its code says. */
export function loginHint(errno: number): ErrorDetails {
  if (errno === 1044) {
    // The server tells those who may see some databases only the same of one that is not there.
    const likely = 'The database that dbname names does not exist, or the login may not use it.'
    return { likely, remedy: 'Correct dbname in the secret, or GRANT the login something on that database.' }
  }
  if (errno === 1130) {
    const likely = 'No account of any name may come from the address of the function.'
    return { likely, remedy: "Make an account whose host part matches the function's addresses." }
  }
  if (errno === 1129) {
    const likely =
      "max_connect_errors: connections from the function's address, or from others behind it, have broken off too often; the server lets in nobody from there until it is told to."
    const remedy =
      'As an administrator: TRUNCATE TABLE performance_schema.host_cache (MySQL), FLUSH HOSTS (MariaDB). Then rotate again.'
    return { likely, remedy }
  }
  if (errno === 4150) {
    const likely = 'max_password_errors: somebody has used a wrong password too often.'
    return { likely, remedy: 'FLUSH PRIVILEGES as an administrator, then rotate again.' }
  }
  if (errno === 3955) {
    const likely = 'FAILED_LOGIN_ATTEMPTS: somebody has used a wrong password too often.'
    return { likely, remedy: 'ALTER USER ... ACCOUNT UNLOCK, or wait for PASSWORD_LOCK_TIME, then rotate again.' }
  }
  return {}
}

/** What is known of a statement that the server has refused with a number, beyond what its code says. */
export function statementHint(errno: number): ErrorDetails {
  if (errno === 1819) {
    const likely = 'validate_password asks for more than the generated passwords have.'
    const remedy = 'Set PASSWORD_LENGTH, or lower the policy (SHOW VARIABLES LIKE "validate_password%").'
    return { likely, remedy }
  }
  if (errno === 4165) {
    const likely = 'validate_password.changed_characters_percentage asks for more characters that the old one has not.'
    return { likely, remedy: 'Lower it, or start a new rotation with rotate-secret: it generates another password.' }
  }
  if (errno === 3638) {
    const likely = 'PASSWORD HISTORY or PASSWORD REUSE INTERVAL: the account has had this very password.'
    return { likely, remedy: 'Start a new rotation with rotate-secret: it generates another password.' }
  }
  if (lockWaits.has(errno)) return whoHolds
  if (errno === 1524) {
    const likely = "The account's authentication plugin is not loaded on this server."
    const remedy = 'ALTER USER ... IDENTIFIED WITH a plugin that SHOW PLUGINS lists, then rotate again.'
    return { likely, remedy }
  }
  return {}
}
