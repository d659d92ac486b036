import type { ErrorDetails } from '../errors/rotation-error.ts'
import type { Words } from '../errors/words.ts'
import type { PasswordRules } from '../password.ts'
import type { RotationContext } from '../rotation/context.ts'
import type { EngineNames, Login } from './secret.ts'

/**
 * What a strategy must know of a kind of database. `Session` says what its sessions can do, so that the type checker
 * refuses a strategy that an engine cannot carry out.
 */
export interface DatabaseEngine<Session extends DatabaseSession = DatabaseSession> extends EngineNames {
  readonly name: string
  /** How new passwords are made: as the environment variables say, and within what the server takes. */
  readonly passwordRules: PasswordRules
  /** Whether connection URLs in a secret get the new login, too. */
  readonly updateUrls: boolean
  /** Set where the server never locks an account for refused logins: one more can be tried there. */
  readonly neverLocks?: true
  /** What is likely, and what to do, where a login was refused: beyond what holds for every server. */
  whyRefused?(login: Login): ErrorDetails
  /** What ends the sessions that a login has open: no new password does. */
  endSessions?(username: string): Words
  /** Throws NameTooLong where the server would cut or refuse the name. */
  checkName(username: string): void
  /**
   * Logs in once, without repeating anything. Throws LoginRefused only where the server said that name and password
   * are wrong; every other failure has a code of its own.
   */
  connect(login: Login, context: RotationContext): Promise<Session>
}

/** What setSecret is about to do with a session. */
export type ComingChange =
  | { readonly kind: 'password' }
  | { readonly kind: 'second password'; readonly username: string }
  | { readonly kind: 'clone'; readonly names: CloneNames; readonly username: string }

/** One login. Disposing of it ends the connection and never throws. */
export interface DatabaseSession extends AsyncDisposable {
  /** The account by its full name, where one user name can have several. */
  readonly account?: string
  /**
   * Gives the session's own login a new password. Repeating it with the same context changes nothing.
   * Throws ReadOnlyServer, MissingPrivilege, DatabaseFailed.
   */
  setPassword(password: string): Promise<void>
  /** As the login that setPassword has given its password: does what a run that was ended may have left undone. */
  settle?(): Promise<void>
  /**
   * For a probe: whether refused logins may lock the account of a name, as far as this session can see; where it can't see
   * it, they may. Left out where the engine never locks.
   */
  mayLock?(username: string): Promise<boolean>
  /**
   * For a probe: throws what the change would be refused with, as far as it can be seen without changing anything.
   * @returns what was looked at
   */
  checkReady?(change: ComingChange): Promise<Words>
}

/** The passwords of a login that is to have two. */
export interface TwoPasswords {
  readonly next: string
  readonly current: string
}

/** A session that can give a login a second password, so that the first goes on working. */
export interface DualPasswordSession extends DatabaseSession {
  /**
   * Gives all accounts of the session's own login, or as a superuser those of another, a new password, and keeps
   * `current` beside it: all or nothing. Does nothing where an earlier run has done it.
   * Throws MissingPrivilege where the session may not, NotPrimary where `current` would not be the one that is kept,
   * UnsupportedServer, ReadOnlyServer, PasswordRejected; nothing was changed then.
   */
  addPassword(username: string, passwords: TwoPasswords): Promise<void>
}

/** The two logins of the alternating-users strategy: the first, and the one with _clone appended. */
export interface CloneNames {
  readonly base: string
  readonly clone: string
}

/** Which of the two gets which password. */
export interface CloneChange extends CloneNames {
  readonly username: string
  readonly password: string
  /** That of the other login, which is in use. */
  readonly otherPassword: string
  /**
   * The password that the secret has had for `username`, where it has had one: for engines where nothing else proves that
   * the login belongs to this secret. It costs a call of Secrets Manager.
   */
  previousPassword(): Promise<string | undefined>
}

/** A session that can make one login the clone of another. */
export interface CloneSession extends DatabaseSession {
  /**
   * As a superuser: makes the two logins equal in what they may do and gives one of them a new password, all or
   * nothing. Creates the clone where it is missing. Throws NotAClone before touching a role that is not provably one, and
   * PrivilegesDiffer rather than take away what the login in use may do.
   */
  ensureClone(change: CloneChange): Promise<void>
  /**
   * As one of the two: proves that it can do what the other can. Throws PrivilegesDiffer.
   * @param asOther logs in as the other, for engines where one of the two can't see what the other may do. Undefined
   * where that login is refused. The caller ends the session.
   */
  checkClone(names: CloneNames, asOther: () => Promise<CloneSession | undefined>): Promise<void>
}
