import type { RotationFunction } from './invocation.ts'
import { runWith } from './lambda-runtime.ts'
import { sourcePrograms } from './source-programs.ts'

/** A function of which this machine runs the code. */
export interface LambdaSettings {
  /** Path of the module that exports `handler`: TypeScript as it is, or a bundle. */
  readonly module: string
  /** Environment variables besides those that Lambda sets. The machine's own are not passed on. */
  readonly env?: Readonly<Record<string, string>>
  /** Milliseconds; 30,000 when left out. */
  readonly timeoutMs?: number
  readonly memoryMb?: number
  /** A worker thread of this process when left out; a process of its own can be killed at any instruction. */
  readonly runIn?: 'thread' | 'process'
}

export type LogSink = (line: {
  readonly functionId: string
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}) => void

/**
 * Runs a function of this repository, or any other module, from its source.
 * @param endpoint where the function finds Secrets Manager; asked for when an environment starts
 */
export function runLambda(
  id: string,
  settings: LambdaSettings,
  endpoint: () => string,
  log: LogSink,
): RotationFunction {
  return runWith(sourcePrograms, id, settings, endpoint, log)
}
