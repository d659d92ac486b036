import type { Login } from '../database/secret.ts'
import type { ErrorDetails } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import { accountName, identifier } from './quoting.ts'

type Hints = Readonly<Record<number, ErrorDetails>>

/** What is known of refused logins beyond what their code says, by the server's number. */
const loginHints: Hints = {
  1129: {
    likely: say`max_connect_errors: connections from the function's address, or from others behind it, have broken off too often; the server lets in nobody from there until it is told to.`,
    remedy: say`As an administrator: TRUNCATE TABLE performance_schema.host_cache (MySQL), FLUSH HOSTS (MariaDB). Then rotate again.`,
  },
  1130: {
    likely: say`No account of any name may come from the address of the function.`,
    remedy: say`Make an account whose host part matches the function's addresses.`,
  },
  1524: {
    likely: say`The account's authentication plugin is not loaded on this server: mysql_native_password is off by default in MySQL 8.4 and gone in 9.`,
    remedy: say`As an administrator: ALTER USER ... IDENTIFIED WITH caching_sha2_password BY '...'; with the password in AWSCURRENT. Then rotate again.`,
  },
  3955: {
    likely: say`FAILED_LOGIN_ATTEMPTS: the account was refused for a wrong password too often, by whomever; attempts to rotate it while its password was another one than the secret's count, too.`,
    remedy: say`ALTER USER ... ACCOUNT UNLOCK, or wait for PASSWORD_LOCK_TIME, then rotate again.`,
  },
  4150: {
    likely: say`max_password_errors: the account was refused for a wrong password too often, by whomever; attempts to rotate it while its password was another one than the secret's count, too.`,
    remedy: say`FLUSH PRIVILEGES as an administrator, then rotate again.`,
  },
}

/**
 * What is known of a login that the server has refused with a number.
 * @param login who it was, whose account's host is not known
 */
export function loginHint(errno: number, { username, database }: Login): ErrorDetails {
  if (errno !== 1044) return loginHints[errno] ?? {}
  const grant = `GRANT SELECT ON ${identifier(database ?? '')}.* TO ${accountName({ user: username, host: '%' })};`
  return {
    // The server tells those who may see some databases only the same of one that is not there.
    likely: say`The database that dbname names does not exist, or the login may not use it.`,
    remedy: say`Correct dbname in the secret; or, as an administrator: ${grant} with the account's own host where that is not %. Then rotate again.`,
  }
}

const lockWait: ErrorDetails = {
  likely: say`Somebody holds a lock that this needs: a backup, FLUSH TABLES WITH READ LOCK, LOCK TABLES, or another run of this step.`,
  remedy: say`Let it end: SHOW PROCESSLIST shows it, on MySQL also performance_schema.metadata_locks. The change may have been made all the same; the next attempt finds out.`,
}

const diskFull: ErrorDetails = {
  likely: say`The server's disk, or the place of its temporary tables, is full.`,
  remedy: say`Make room on it; then a later attempt succeeds.`,
  retryable: true,
}

/** What is known of a statement that the server has refused with a number, beyond what its code says. */
export const statementHints: Hints = {
  1021: diskFull,
  1114: diskFull,
  1184: {
    likely: say`init_connect fails for this login: the server runs it for everybody who is no superuser.`,
    remedy: say`SELECT @@GLOBAL.init_connect; shows it: GRANT the login what it needs, or correct it. Then rotate again.`,
    retryable: false,
  },
  1205: lockWait,
  1524: {
    likely: say`The account's authentication plugin is not loaded on this server.`,
    remedy: say`ALTER USER ... IDENTIFIED WITH a plugin that SHOW PLUGINS lists, then rotate again.`,
  },
  1819: {
    likely: say`validate_password asks for more than the generated passwords have.`,
    remedy: say`Set PASSWORD_LENGTH, or lower the policy (SHOW VARIABLES LIKE "validate_password%").`,
  },
  // MariaDB's max_statement_time and MySQL's max_execution_time end a wait for a lock, too.
  1969: lockWait,
  3024: lockWait,
  3638: {
    likely: say`PASSWORD HISTORY or PASSWORD REUSE INTERVAL: the account has had this very password.`,
    remedy: say`Start a new rotation with rotate-secret: it generates another password.`,
  },
  4165: {
    likely: say`validate_password.changed_characters_percentage asks for more characters that the old one has not.`,
    remedy: say`Lower it, or start a new rotation with rotate-secret: it generates another password.`,
  },
}
