import type { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Value } from './made.ts'
import type { RotationFunctionProps } from './props.ts'

/** The parts of a RotationFunction are made from this. */
export interface Given {
  readonly props: RotationFunctionProps
  readonly functionName: string
  /** The template's parameters. */
  readonly values: Readonly<Record<string, Value>>
  readonly logGroup: LogGroup
}
