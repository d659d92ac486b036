import { escapeIdentifier } from 'pg'
import type { CloneNames } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { checkRoles } from './clone-checks.ts'
import { differencesOf, expectedUser } from './clone-differences.ts'
import type { CloneState } from './clone-state.ts'
import { checkSuperuser } from './superuser-rights.ts'

/**
 * What gives one of the two a new password and makes the clone equal to the base, to be run in one transaction.
 * @param username which of the two gets the password
 * @param passwordClause `PASSWORD '...'`
 * @throws RotationError NotAClone, LoginLocked, LoginExpired or MissingPrivilege, before anything is changed
 */
export function planClone(state: CloneState, names: CloneNames, username: string, passwordClause: string) {
  checkRoles(state, names, username)
  const differences = differencesOf(state, names)
  checkSuperuser(state, names)
  const verb = state.clone === null ? 'CREATE' : 'ALTER'
  const password = `${username === names.clone ? verb : 'ALTER'} ROLE ${escapeIdentifier(username)} LOGIN ${passwordClause}`
  return {
    differences: differences.map(({ what }) => what),
    statements: [actAs(state), password, ...differences.flatMap(({ statements }) => statements)],
  }
}

/** Where the superuser is a clone itself, what it creates must be administered by its base, or its other login could not. */
function actAs({ self, sessionUser }: CloneState): string {
  return self.rolname === sessionUser ? 'SET LOCAL ROLE NONE' : `SET LOCAL ROLE ${escapeIdentifier(self.rolname)}`
}

/**
 * What a session of one of the two must find: the two equal, and itself acting as the role that both act as.
 * @throws RotationError PrivilegesDiffer
 */
export function checkClone(state: CloneState, names: CloneNames): void {
  const differences = differencesOf(state, names).map(({ what }) => what)
  const expected = expectedUser(state, names.base, state.database)
  const isOneOfThem = state.sessionUser === names.clone || state.sessionUser === names.base
  const effect =
    isOneOfThem && state.currentUser !== expected ? [`${state.sessionUser} does not run as ${expected}`] : []
  if (differences.length + effect.length === 0) return
  const what = say`${names.clone} and ${names.base} differ: ${[...effect, ...differences].join('; ')}.`
  if (differences.length > 0) throw new RotationError('PrivilegesDiffer', what)
  throw new RotationError('PrivilegesDiffer', what, {
    likely: say`Something gives new sessions another role than the settings say: a pooler, or a login trigger.`,
    remedy: say`Have it leave the role of the two alone, or give it to both.`,
    retryable: false,
  })
}
