import type { CloneNames } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { describeWork } from '../../shared/mysql-family/grant-differences.ts'
import { allPrivileges, parseGrants } from '../../shared/mysql-family/grants.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'
import { shownTexts } from '../../shared/mysql-family/shown-texts.ts'
import { hasPassword, keepsPassword } from './accounts.ts'
import { type CloneDifference, isMember } from './clone-differences.ts'
import { type CloneState, type RightsState, roleName } from './clone-state.ts'

interface Next {
  readonly username: string
}

export function checkAccounts({ bases, clones }: CloneState, { base, clone }: CloneNames, next: Next): void {
  if (bases.size === 0) {
    const likely = say`The account was dropped or renamed, or has no password, or ${clone} is not a clone at all.`
    throw new RotationError('NotAClone', say`There is no account ${base} that has a password.`, { likely })
  }
  if (clones.size === 0 && next.username === base)
    throw new RotationError('NotAClone', say`There is no account ${clone} that has a password.`)
  const alone = [...clones.values()].filter(({ host }) => !bases.has(host)).map(accountName)
  if (alone.length > 0) {
    const what = say`${alone.join(', ')} exists, and no account of ${base} on the same host.`
    throw new RotationError('NotAClone', what, {
      likely: say`It is another login; or ${base} may no longer come from there; or it was made by AWS's function, which knows no hosts.`,
      remedy: say`If nobody needs it: DROP USER ${alone.join(', ')}; else make the same account for ${base}.`,
    })
  }
  const strange = [...clones.values()].find((account) => !keepsPassword(account))
  if (strange !== undefined)
    throw new RotationError('NotAClone', say`${accountName(strange)} logs in by ${strange.plugin}, not by a password.`)
  const locked = [...bases.values(), ...clones.values()].find(({ options }) => options.locked)
  if (locked !== undefined) throw new RotationError('LoginLocked', say`${accountName(locked)} is locked.`)
}

/** Says beforehand what the server would refuse half-way. */
export async function checkSuperuser(connection: ServerConnection, bases: readonly RightsState[]): Promise<void> {
  const me = accountName(connection.account)
  const rows = await connection.run(say`reading the rights of ${me}`, 'SHOW GRANTS')
  const { privileges, roles } = parseGrants(shownTexts(rows))
  const held = privileges.get('*.*') ?? new Set()
  const holds = (...names: string[]) => names.some((name) => held.has(name))
  const administers = bases.every((base) => roles.get(roleName(base)) === true)
  const missing = [
    ...(holds('CREATE USER', allPrivileges) ? [] : ['CREATE USER']),
    ...(holds('ROLE_ADMIN', 'SUPER', allPrivileges) || administers ? [] : ['ROLE_ADMIN']),
  ]
  if (missing.length === 0) return
  throw new RotationError('MissingPrivilege', say`${me} lacks ${missing.join(' and ')}.`, {
    remedy: say`As an administrator: GRANT ${missing.join(', ')} ON *.* TO ${me}; RDS's masters have CREATE USER and ROLE_ADMIN from MySQL 8.0.36 on.`,
  })
}

/**
 * What the clone has beyond the base is out of date; but where the clone is the login in use, somebody may need it: it was
 * given to the name that stood in the secret, or taken from the other. Which of the two, only people know.
 */
export function checkNothingIsLost(
  differences: readonly CloneDifference[],
  { base, clone }: CloneNames,
  next: Next,
): void {
  const lost = differences.filter(({ takesAway }) => takesAway)
  if (next.username === clone || lost.length === 0) return
  const what = lost.slice(0, 5).map((each) => each.what)
  throw new RotationError('PrivilegesDiffer', say`${clone} is in use, and ${what.join('; ')}, which ${base} has not.`, {
    likely: say`It was granted to the login that the secret named, or revoked from ${base} alone.`,
    remedy: say`GRANT it to ${base}, or ${lost
      .slice(0, 5)
      .map((each) => each.remedy)
      .join(' ')} Then rotate again.`,
    // Only people know which of the two is right.
    retryable: false,
  })
}

/**
 * Whoever can write the secret can name any login in it. A login of the clone's name is this secret's if it has the base
 * as a role, or if it has the password of the secret's previous value; only the latter allows taking something away.
 */
export async function checkIsOurs(
  { bases, clones }: CloneState,
  differences: readonly CloneDifference[],
  { base, clone }: CloneNames,
  { username }: Next,
  previousPassword: () => Promise<string | undefined>,
): Promise<void> {
  const strangers = [...clones.values()].filter((member) => !isMember(bases.get(member.host), member))
  const needing = differences.filter(({ needsProof }) => needsProof)
  if (needing.length === 0) return
  const previous = await previousPassword()
  // A base without a clone beside it proves only itself.
  const members = username === clone ? [...clones.values()] : [...bases.values()].filter(({ host }) => clones.has(host))
  if (previous !== undefined && members.some((member) => hasPassword(member, previous))) return
  const [stranger] = strangers
  if (stranger !== undefined) {
    const name = accountName(stranger)
    throw new RotationError('NotAClone', say`${name} exists, but does not have ${base} as a role.`, {
      remedy: say`If it is the second login of ${base}: GRANT ${accountName({ user: base, host: stranger.host })} TO ${name}; else rename one of the two.`,
    })
  }
  throw new RotationError('NotAClone', say`${describeWork(needing)}, and ${base} has not.`, {
    likely: say`${clone} was given rights of its own, or it belongs to somebody else.`,
    remedy: say`REVOKE them from ${clone}, or GRANT them to ${base}.`,
  })
}
