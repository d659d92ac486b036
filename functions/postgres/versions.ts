import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say, type Words } from '../../shared/errors/words.ts'

/** The oldest whose passwords can be verifiers of SCRAM: before, one is taken for a password in clear text. */
const oldest = 10

/** The newest that all tests have run on. */
const newestTested = 18

/**
 * Ends a transaction on a server that is too old, whatever a pooler in front of it says of its version: there it divides
 * by zero, which the server says with the code that `isTooOld` knows.
 */
export const refuseTooOld = `SELECT 1 / (pg_catalog.current_setting('server_version_num')::pg_catalog.int4 / ${oldest}0000)`

/** Whether a statement has failed of `refuseTooOld`: by its division by zero. */
export function isTooOld(sqlState: string | undefined): boolean {
  return sqlState === '22012'
}

/** @throws RotationError UnsupportedServer, where a server says that it is too old */
export function checkVersion(version: string | undefined, where: string): void {
  if (majorOf(version) < oldest) throw tooOld(where, version)
}

export function tooOld(where: string, version: string | undefined): RotationError {
  const it = version === undefined ? 'a version before it' : quotable(version)
  return new RotationError('UnsupportedServer', say`${where} is no PostgreSQL ${oldest} or newer, but ${it}.`, {
    likely: say`It is from before SCRAM, and would take what is sent in place of a password for the password.`,
    remedy: say`Upgrade the server to PostgreSQL ${oldest} or newer. Nothing was changed.`,
  })
}

/** @returns a note for the log where the server is newer than what was tested */
export function untested(version: string | undefined): Words | undefined {
  if (version === undefined || !(majorOf(version) > newestTested)) return undefined
  return say`found PostgreSQL ${quotable(version)}, newer than what was tested (${newestTested})`
}

/** For instance 18; NaN where nothing is known. */
export function majorOf(version: string | undefined): number {
  return Number(/^\d{1,3}(?=\D|$)/.exec(version ?? '')?.[0] ?? Number.NaN)
}

function quotable(version: string): string {
  return /^[\w.]{1,20}/.exec(version)?.[0] ?? 'something unknown'
}
