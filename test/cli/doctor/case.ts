import type { SetUp, World } from './set-up.ts'

/** A cause that is made, and that doctor has to name. */
export interface Case {
  /** Its row in docs/doctor.md. */
  readonly cause: number
  readonly how: string
  readonly certainty: 'sure' | 'likely' | 'note'
  /** What doctor has to say of it. */
  readonly says: RegExp
  make(world: World): Promise<Pick<SetUp, 'name'>>
  readonly args?: readonly string[]
  /** How many hours later doctor looks. */
  readonly hoursLater?: number
  /** Removes what would disturb later cases. */
  undo?(world: World): Promise<unknown>
}

/** The answer of a function that fails without a message. */
export const failing = async () => ({
  ok: false as const,
  logs: '',
  error: { errorType: 'Error', errorMessage: 'no', trace: [] },
})
