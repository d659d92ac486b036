import type { RotationEvent } from './function-option.ts'

/** A step of a rotation that has ended. */
export interface RotationStep {
  readonly step: RotationEvent['Step']
  readonly secretName: string
  readonly functionName: string
  /** The id of the version that was to become AWSCURRENT. */
  readonly versionId: string
  /** 1 for the first run of the rotation, 2 for its first retry. */
  readonly attempt: number
  readonly durationMs: number
  /** What the function threw, where the step has failed; `name` is its class. */
  readonly error?: { readonly name: string; readonly message: string }
  /** All that the function has logged in this step. */
  readonly logs: string
}
