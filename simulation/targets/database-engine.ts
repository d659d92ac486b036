import type { CloneChange, CloneSession, DatabaseEngine, DualPasswordSession } from '../../shared/database/engine.ts'
import type { Login } from '../../shared/database/secret.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { CallKind, Outside } from '../world/outside.ts'
import type { Account, Database } from './database.ts'

/** How a kind of server differs from another one, as far as a strategy can tell. */
export interface EngineKind {
  readonly name: string
  /**
   * Whether a login can change its own password only while the password of its session is still the first one (MySQL's
   * REPLACE).
   */
  readonly compares: boolean
  /** Whether the strategy names the second password (MariaDB), or the server keeps the former first one (MySQL's RETAIN). */
  readonly namesBoth: boolean
  /** Whether two logins become clones in several statements, after a proof that they belong to one secret. */
  readonly provesClones?: boolean
  /** Whether a login's rights can only be seen by logging in as it (MariaDB). */
  readonly asksOther?: boolean
  /** RETAIN without a look at the present passwords: a defect, for the test of the tests. */
  readonly pushesOut?: boolean
  /** Gives the second user no rights: a defect. */
  readonly givesNoRights?: boolean
}

type Session = DualPasswordSession & CloneSession

/** The model of a database at the seam that strategies see. The SQL is below this seam. */
export function modelEngine(kind: EngineKind, database: Database, outside: Outside): DatabaseEngine<Session> {
  const at = atDatabase(database, outside)
  return {
    name: kind.name,
    engines: ['model'],
    passwordRules: { length: 8, classes: ['abcdefghijklmnopqrstuvwxyz'], requireEach: false },
    updateUrls: true,
    ...(database.rules.lockAfter === undefined && { neverLocks: true }),
    defaultPort: 1,
    defaultDatabase: undefined,
    caBundle: undefined,
    checkName: () => undefined,
    async connect(login) {
      await at('look', `logs in as ${login.username}`, () => letIn(database, login))
      return session(kind, database, login, at)
    },
  }
}

type At = <T>(kind: CallKind, name: string, effect: () => T) => Promise<T>

/** Calls of the database. A change is durable once it is answered. Sessions end where the database crashes. */
function atDatabase(database: Database, outside: Outside): At {
  let crashes = database.crashes
  return (kind, name, effect) =>
    outside.call({
      name,
      kind,
      effect() {
        if (name.startsWith('logs in')) crashes = database.crashes
        if (crashes !== database.crashes) throw new RotationError('Unreachable', say`The session is gone.`)
        database.replicate(outside.now())
        if (kind === 'change') database.changed(outside.now())
        return effect()
      },
      answered: () => database.acknowledge(),
      lost: () => new RotationError('Unreachable', say`The database does not answer.`),
      timedOut: () => new RotationError('TimedOut', say`The time ran out.`),
    })
}

function letIn(database: Database, { username, password, host }: Login): void {
  const account = database.account(username, host)
  if (account?.isLocked) throw new RotationError('LoginLocked', say`${username} is locked.`)
  if (account?.passwords.includes(password)) {
    if (account.refused > 0) database.change(username, { refused: 0 })
    return
  }
  if (account !== undefined) {
    const refused = account.refused + 1
    const { lockAfter = Number.POSITIVE_INFINITY } = database.rules
    if (Number.isFinite(lockAfter)) database.change(username, { refused, isLocked: refused >= lockAfter })
  }
  throw new RotationError('LoginRefused', say`${username} is refused.`)
}

function session(kind: EngineKind, database: Database, login: Login, at: At): Session {
  const known = (username: string): Account => {
    const account = database.account(username, login.host)
    if (account !== undefined) return account
    throw new RotationError('DatabaseFailed', say`There is no ${username}.`)
  }
  return {
    async setPassword(password) {
      await at('change', `sets the password of ${login.username}`, () => {
        const [first] = known(login.username).passwords
        if (kind.compares && first !== login.password && first !== password)
          throw new RotationError('NotPrimary', say`The password was changed.`)
        database.change(login.username, { passwords: [password] })
      })
    },
    async addPassword(username, { next, current }) {
      await at('change', `gives ${username} a second password`, () => {
        const [first = ''] = known(username).passwords
        if (kind.pushesOut === true) return database.change(username, { passwords: [next, first] })
        if (first === next && !kind.namesBoth) return
        if (first !== next && first !== current)
          throw new RotationError('NotPrimary', say`Another password is the first.`)
        database.change(username, { passwords: [next, current] })
      })
    },
    async ensureClone(change) {
      const { base, clone, username, password } = change
      if (kind.provesClones === true) await checkIsOurs(database, change, at)
      const sets = () => database.change(username, { passwords: [password] })
      const and = kind.provesClones === true ? '' : `, and sets the password of ${username}`
      await at('change', `makes ${clone} the clone of ${base}${and}`, () => {
        const other = known(username === base ? clone : base)
        const before = database.account(username)
        const isMore = [...(before?.rights ?? '')].some((right) => !other.rights.includes(right))
        // The second login gets the rights of the first, and loses the rights that only it has.
        const equal = username === clone || !isMore ? other.rights : (before?.rights ?? '')
        const rights = kind.givesNoRights === true ? (before?.rights ?? '') : equal
        database.change(username, { rights, ...(before === undefined && { passwords: [], refused: 0 }) })
        if (kind.provesClones !== true) sets()
        if (username === base && isMore && kind.givesNoRights !== true) database.change(clone, { rights })
      })
      if (kind.provesClones === true) await at('change', `sets the password of ${username}`, sets)
    },
    async checkClone({ base, clone }, asOther) {
      if (kind.asksOther === true) {
        await using other = await asOther()
        if (other === undefined) throw new RotationError('LoginRefused', say`The other one is refused.`)
      }
      await at('look', `compares the rights of ${base} and ${clone}`, () => {
        if (known(base).rights === known(clone).rights) return
        throw new RotationError('PrivilegesDiffer', say`The rights differ.`)
      })
    },
    async [Symbol.asyncDispose]() {},
  }
}

/**
 * Proves that a login is this secret's: it must have the pending password, or the secret's former one. Else its rights stay as
 * they are.
 */
async function checkIsOurs(
  database: Database,
  { base, clone, username, password, previousPassword }: CloneChange,
  at: At,
): Promise<void> {
  const account = await at('look', `looks at ${base} and ${clone}`, () => database.account(username))
  const other = database.account(username === base ? clone : base)
  if (account === undefined || account.rights === other?.rights || account.passwords.includes(password)) return
  const previous = await previousPassword()
  if (previous !== undefined && account.passwords.includes(previous)) return
  throw new RotationError('NotAClone', say`${username} is not provably of this secret.`)
}
