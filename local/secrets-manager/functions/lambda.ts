import type { RotationFunction } from './invocation.ts'
import { type LambdaSettings, type LogSink, runWith } from './lambda-runtime.ts'
import { sourcePrograms } from './source-programs.ts'

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
