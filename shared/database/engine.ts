import type { RotationContext } from '../rotation/context.ts'
import type { EngineNames, Login } from './secret.ts'

/**
 * What a strategy must know of a kind of database. `Session` says what its sessions can do, so that the type checker
 * refuses a strategy that an engine cannot carry out.
 */
export interface DatabaseEngine<Session extends DatabaseSession = DatabaseSession> extends EngineNames {
  readonly name: string
  /** Throws NameTooLong where the server would cut or refuse the name. */
  checkName(username: string): void
  /**
   * Logs in once, without repeating anything. Throws LoginRefused only where the server said that name and password
   * are wrong; every other failure has a code of its own.
   */
  connect(login: Login, context: RotationContext): Promise<Session>
}

/** One login. Disposing of it ends the connection and never throws. */
export interface DatabaseSession extends AsyncDisposable {
  /**
   * Gives the session's own login a new password. Repeating it with the same context changes nothing.
   * Throws ReadOnlyServer, MissingPrivilege, DatabaseFailed.
   */
  setPassword(username: string, password: string): Promise<void>
}

/** The two logins of the alternating-users strategy: the first, and the one with _clone appended. */
export interface TwinNames {
  readonly base: string
  readonly twin: string
}

/** A session that can make one login the twin of another. */
export interface TwinSession extends DatabaseSession {
  /**
   * As a superuser: makes the two logins equal in what they may do and gives one of them a new password, all or
   * nothing. Creates the twin where it is missing. Throws NotATwin before touching a role that is not provably one.
   */
  ensureTwin(names: TwinNames, next: { readonly username: string; readonly password: string }): Promise<void>
  /** As one of the two: proves that it can do what the other can. Throws PrivilegesDiffer. */
  checkTwin(names: TwinNames): Promise<void>
}
