/**
 * A deed of a session at a target. `session` tells sessions apart that are open at the same time; `values` take the
 * places of the parameters of a call that has some.
 */
export type Move = { readonly session: string } & (
  | { readonly does: 'login'; readonly who: string }
  | { readonly does: 'call'; readonly text: string; readonly values?: readonly string[] }
  | { readonly does: 'end' }
)

/** The value of a secret, parsed. */
export type Value = Readonly<Record<string, unknown>>

/** The target on which the functions of one folder are measured. */
export interface BenchTarget {
  /** The functions whose rotations are measured; all of them when left out. Bundle and start are measured of all in any case. */
  readonly measures?: readonly string[]
  start(): Promise<BenchPlace>
}

export interface BenchPlace extends AsyncDisposable {
  /** Variables of the function. The floor has them, too. */
  readonly env: Readonly<Record<string, string>>
  /** The URL of the module with the floor's `logIn`. Undefined where there is nothing to log in to. */
  readonly driver: string | undefined
  /** The function in another form than it is deployed in: the path of its module. */
  readonly module?: string
  /**
   * Makes the login or the key at the target that a secret is about.
   * @param file the function's, without `.ts`: in most folders the name of its strategy
   * @param name a name that no other secret has got
   */
  make(file: string, name: string): Promise<Made>
  /** Lets the target log all that is done, until the recorder is disposed of. Nothing is measured meanwhile. */
  record(): Promise<Recorder>
}

/** What make() has made, for one secret of a function. */
export interface Made {
  readonly value: Value
  /** Another secret that the function reads. */
  readonly other?: OtherSecret | undefined
  /** Whether createSecret looks at AWSPREVIOUS, once there is one. */
  readonly readsPrevious?: boolean
  /** The pending value of a rotation. */
  next(current: Value): Value
  /** Under which name a value logs in. */
  who(value: Value): string
  /** The texts in a rotation's calls that belong to it alone, by name: derived values first. */
  particulars(rotation: Rotation): Readonly<Record<string, string>>
}

export interface OtherSecret {
  readonly value: Value
  /** The field in which the rotated secret names it. */
  readonly field: string
  /** When the function reads it: during its first login, or when it finds that it needs it. */
  readonly read: 'beside' | 'on demand'
  /** Fields with which it logs in, instead of or besides its own. */
  readonly besides: Value
}

export interface Rotation {
  readonly token: string
  readonly current: Value
  readonly pending: Value
}

export interface Recorder extends AsyncDisposable {
  /** The moves since the last call, in the target's order. Waits for the sessions to end. */
  moves(): Promise<readonly Move[]>
}

/** A login of the floor. */
export interface FloorSession {
  /** Makes a call. Where the target refuses it for a missing right, it has refused it to the function, too. */
  call(text: string, values?: readonly string[]): Promise<unknown>
  end(): Promise<unknown>
}

export type LogIn = (value: Value, env: Readonly<Record<string, string>>) => Promise<FloorSession>

export function hasOpenSessions(moves: readonly Move[]): boolean {
  const ended = new Set(moves.filter(({ does }) => does === 'end').map(({ session }) => session))
  return moves.some(({ session }) => !ended.has(session))
}
