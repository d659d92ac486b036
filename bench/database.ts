/**
 * What a session did at a server. `session` tells sessions apart that are open at the same time; `values` take the
 * places of the parameters of a statement that has some.
 */
export type Move = { readonly session: string } & (
  | { readonly does: 'login'; readonly username: string }
  | { readonly does: 'query'; readonly text: string; readonly values?: readonly string[] }
  | { readonly does: 'end' }
)

export interface Login {
  readonly username: string
  readonly password: string
}

/** One function, and the login that it is measured with. */
export interface Subject {
  /** The function's logical id. */
  readonly functionId: string
  /** Whether the login and its twin take turns. */
  readonly alternates?: boolean
  /** When the function reads the superuser's secret: beside its first login, or when it finds that it needs it. */
  readonly superuser?: 'beside' | 'on demand'
  /** `GRANT ... TO` of the login, besides what any application's has. */
  readonly grants?: readonly string[]
}

/** Where the functions of one kind of database are measured. */
export interface BenchDatabase {
  readonly subjects: readonly Subject[]
  start(): Promise<BenchServer>
}

export interface BenchServer extends AsyncDisposable {
  /** PEM of the server's authority; empty where there is no server. */
  readonly ca: string
  /** Where the floor finds `logIn`: the URL of a module. */
  readonly driver: string | undefined
  /** The fields that all secrets have in common. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly superuser: Login
  createLogin(login: Login, subject: Subject): Promise<void>
  /**
   * What statements say instead of the passwords of a rotation, by a name of its own: hashes, verifiers.
   * @param pending the login that gets its password by this rotation
   */
  derived(rotation: {
    readonly token: string
    readonly current: Login
    readonly pending: Login
  }): Readonly<Record<string, string>>
  /** Has the server write down all that is done, until it is disposed of: nothing is measured meanwhile. */
  record(): Promise<Recorder>
}

export interface Recorder extends AsyncDisposable {
  /** What has been done since the last time, in the server's order. Waits for the sessions to end. */
  moves(): Promise<readonly Move[]>
}

/** A login of the floor. */
export interface FloorSession {
  /** A statement that the server refuses for a missing privilege was refused the function, too. */
  query(text: string, values?: readonly string[]): Promise<unknown>
  end(): Promise<unknown>
}

export type LogIn = (secret: Secret, ca: string) => Promise<FloorSession>

export interface Secret extends Login {
  readonly host: string
  readonly port: number
  readonly dbname: string
}

export function hasOpenSessions(moves: readonly Move[]): boolean {
  const ended = new Set(moves.filter(({ does }) => does === 'end').map(({ session }) => session))
  return moves.some(({ session }) => !ended.has(session))
}
