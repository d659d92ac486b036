import type { TwinNames } from '../../shared/database/engine.ts'
import { address } from '../../shared/database/secret.ts'
import type { ServerConnection } from '../../shared/mysql-protocol/connection.ts'
import { countDefined } from '../../shared/mysql-protocol/definers.ts'
import { describeWork } from '../../shared/mysql-protocol/grant-differences.ts'
import { allPrivileges, parseGrants } from '../../shared/mysql-protocol/grants.ts'
import { explained } from '../../shared/mysql-protocol/privileges.ts'
import { type Account, accountName, literal } from '../../shared/mysql-protocol/quoting.ts'
import { isAtLeast } from '../../shared/mysql-protocol/server-version.ts'
import { shownTexts } from '../../shared/mysql-protocol/shown-texts.ts'
import { takeTurn } from '../../shared/mysql-protocol/take-turn.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { RotationError } from '../../shared/rotation/errors.ts'
import { hasPassword, keepsPassword } from './accounts.ts'
import { isHashOf } from './password-hash.ts'
import { isMember, type TwinDifference, twinDifferences } from './twin-differences.ts'
import { type Member, ofTheSecret, type Pair, readPair, roleName } from './twin-state.ts'

/** Cutting down what was granted as ALL PRIVILEGES shows what is left only afterwards. */
const mostRounds = 4

interface Next {
  readonly username: string
  readonly password: string
  readonly current: string
}

/**
 * Makes each account of the twin's name equal to the base's on the same host, by granting it the base as its default
 * role (MySQL manual, "Using Roles": accounts and roles are interchangeable), and gives one of the two the new password,
 * last: so whoever logs in with it can do what the other can. No statement depends on how far an earlier run got.
 * @throws RotationError NotATwin, MissingPrivilege, LoginLocked, UnsupportedServer, before anything is changed
 */
export async function ensureTwin(
  connection: ServerConnection,
  names: TwinNames,
  next: Next,
  previousPassword: () => Promise<string | undefined>,
  context: RotationContext,
): Promise<void> {
  checkVersion(connection)
  await takeTurn(connection, names.base, context)
  const read = async () => ofTheSecret(await readPair(connection, names), names, next)
  let pair = await read()
  checkPair(pair, names, next)
  await checkPrivileges(connection, [...pair.bases.values()])
  let differences = twinDifferences(pair, names)
  checkNothingIsLost(differences, names, next)
  await checkProof(pair, differences, names, next, previousPassword)
  for (let round = 0; differences.length > 0; round++) {
    if (round === mostRounds) throw stillDiffer(differences, names)
    for (const { what, statement, remedy } of differences) {
      await explained(connection.run(`making ${names.twin} the twin of ${names.base}`, statement), remedy)
      context.did(what)
    }
    pair = await read()
    differences = twinDifferences(pair, names)
  }
  for (const account of pair.others)
    context.did(`left ${accountName(account)} alone, which has another password or none`)
  await setPassword(connection, pair, names, next)
  await countDefined(connection, [...pair.twins.values()], names.twin, context)
}

function checkVersion(connection: ServerConnection): void {
  if (isAtLeast(connection, [8, 0, 0])) return
  const what = `MySQL ${connection.version} at ${address(connection.login)} has no roles.`
  throw new RotationError('UnsupportedServer', what, {
    likely: 'The second login gets its rights as a role, which takes MySQL 8.0 or Aurora MySQL 3.',
    remedy: 'Rotate the secret with single-user, or upgrade the server.',
  })
}

function checkPair({ bases, twins }: Pair, { base, twin }: TwinNames, next: Next): void {
  if (bases.size === 0) {
    const likely = `The account was dropped or renamed, or has no password, or ${twin} is not a twin at all.`
    throw new RotationError('NotATwin', `There is no account ${base} that has a password.`, { likely })
  }
  if (twins.size === 0 && next.username === base)
    throw new RotationError('NotATwin', `There is no account ${twin} that has a password.`)
  const alone = [...twins.values()].filter(({ host }) => !bases.has(host)).map(accountName)
  if (alone.length > 0) {
    const what = `${alone.join(', ')} exists, and no account of ${base} on the same host.`
    throw new RotationError('NotATwin', what, {
      likely: `It is another login; or ${base} may no longer come from there; or it was made by AWS's function, which knows no hosts.`,
      remedy: `If nobody needs it: DROP USER ${alone.join(', ')}; else make the same account for ${base}.`,
    })
  }
  const strange = [...twins.values()].find((account) => !keepsPassword(account))
  if (strange !== undefined)
    throw new RotationError('NotATwin', `${accountName(strange)} logs in by ${strange.plugin}, not by a password.`)
  const locked = [...bases.values(), ...twins.values()].find(({ options }) => options.locked)
  if (locked !== undefined) throw new RotationError('LoginLocked', `${accountName(locked)} is locked.`)
}

/** Says beforehand what the server would refuse half-way. */
async function checkPrivileges(connection: ServerConnection, bases: readonly Member[]): Promise<void> {
  const me = accountName(connection.account)
  const rows = await connection.run(`reading the rights of ${me}`, 'SHOW GRANTS')
  const { privileges, roles } = parseGrants(shownTexts(rows))
  const held = privileges.get('*.*') ?? new Set()
  const holds = (...names: string[]) => names.some((name) => held.has(name))
  const administers = bases.every((base) => roles.get(roleName(base)) === true)
  const missing = [
    ...(holds('CREATE USER', allPrivileges) ? [] : ['CREATE USER']),
    ...(holds('ROLE_ADMIN', 'SUPER', allPrivileges) || administers ? [] : ['ROLE_ADMIN']),
  ]
  if (missing.length === 0) return
  throw new RotationError('MissingPrivilege', `${me} lacks ${missing.join(' and ')}.`, {
    remedy: `As an administrator: GRANT ${missing.join(', ')} ON *.* TO ${me}; RDS's masters have CREATE USER and ROLE_ADMIN from MySQL 8.0.36 on.`,
  })
}

/**
 * What the twin has beyond the base is out of date; but where the twin is the login in use, somebody may need it: it was
 * given to the name that stood in the secret, or taken from the other. Which of the two, only people know.
 */
function checkNothingIsLost(differences: readonly TwinDifference[], { base, twin }: TwinNames, next: Next): void {
  const lost = differences.filter(({ takesAway }) => takesAway)
  if (next.username === twin || lost.length === 0) return
  const what = lost.slice(0, 5).map((each) => each.what)
  throw new RotationError('PrivilegesDiffer', `${twin} is in use, and ${what.join('; ')}, which ${base} has not.`, {
    likely: `It was granted to the login that the secret named, or revoked from ${base} alone.`,
    remedy: `GRANT it to ${base}, or ${lost
      .slice(0, 5)
      .map((each) => each.remedy)
      .join(' ')} Then rotate again.`,
  })
}

/**
 * Whoever can write the secret can name any login in it. A login of the twin's name is this secret's if it has the base
 * as a role, or if it has the password of the secret's previous value; only the latter allows taking something away.
 */
async function checkProof(
  { bases, twins }: Pair,
  differences: readonly TwinDifference[],
  { base, twin }: TwinNames,
  { username }: Next,
  previousPassword: () => Promise<string | undefined>,
): Promise<void> {
  const strangers = [...twins.values()].filter((member) => !isMember(bases.get(member.host), member))
  const needing = differences.filter(({ needsProof }) => needsProof)
  if (needing.length === 0) return
  const previous = await previousPassword()
  const members = [...(username === twin ? twins : bases).values()]
  if (previous !== undefined && members.some((member) => hasPassword(member, previous))) return
  const [stranger] = strangers
  if (stranger !== undefined) {
    const name = accountName(stranger)
    throw new RotationError('NotATwin', `${name} exists, but does not have ${base} as a role.`, {
      remedy: `If it is the second login of ${base}: GRANT ${accountName({ user: base, host: stranger.host })} TO ${name}; else rename one of the two.`,
    })
  }
  throw new RotationError('NotATwin', `${describeWork(needing)}, and ${base} has not.`, {
    likely: `${twin} was given rights of its own, or it belongs to somebody else.`,
    remedy: `REVOKE them from ${twin}, or GRANT them to ${base}.`,
  })
}

/** All accounts of the name at once; none that an earlier run has set already, which PASSWORD HISTORY would refuse. */
async function setPassword(connection: ServerConnection, { bases, twins }: Pair, names: TwinNames, next: Next) {
  const members = [...(next.username === names.twin ? twins : bases).values()]
  for (const account of members.filter(({ second }) => second.length > 0)) {
    const discard = `ALTER USER ${accountName(account)} DISCARD OLD PASSWORD`
    await connection.run(`discarding the second password of ${next.username}`, discard)
  }
  const plugin = ({ host }: Account) => bases.get(host)?.plugin ?? ''
  const clauses = members
    .filter((member) => member.plugin !== plugin(member) || !isHashOf(next.password, member.plugin, member.first))
    .map((member) => `${accountName(member)} IDENTIFIED WITH ${literal(plugin(member))} BY ${literal(next.password)}`)
  if (clauses.length === 0) return
  await connection.run(`changing the password of ${next.username}`, `ALTER USER ${clauses.join(', ')}`)
}

function stillDiffer(differences: readonly TwinDifference[], { base, twin }: TwinNames): RotationError {
  const what = differences.map((each) => each.what).slice(0, 5)
  return new RotationError('PrivilegesDiffer', `${twin} could not be made equal to ${base}: ${what.join('; ')}.`)
}

/**
 * As the twin: that it runs as the base. As the base there is nothing to compare: what it may do depends on no role of the
 * twin, and what the twin had beyond it is gone since setSecret.
 * @throws RotationError PrivilegesDiffer
 */
export async function checkTwin(connection: ServerConnection, { base, twin }: TwinNames): Promise<void> {
  const { login, account } = connection
  if (login.username !== twin) return
  const [row] = await connection.run<{ roles: unknown }>('reading the roles in force', 'SELECT CURRENT_ROLE() AS roles')
  const role = roleName({ user: base, host: account.host })
  const roles: readonly string[] = String(row?.roles).match(/`(?:[^`]|``)*`@`(?:[^`]|``)*`/g) ?? []
  if (roles.includes(role)) return
  throw new RotationError('PrivilegesDiffer', `${accountName(account)} does not run with the role ${role}.`)
}
