import { fileURLToPath } from 'node:url'
import type { RotationFunction } from '../../local/secrets-manager/functions/invocation.ts'

/** A Lambda function of this repository. */
export interface FunctionUnderTest {
  /** As the template names it. */
  readonly id: string
  /** From the root of the repository. */
  readonly module: string
  readonly env?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

export function lambdaSettings({ module, env = {}, timeoutMs = 30_000 }: FunctionUnderTest) {
  return { module: repositoryPath(module), env, timeoutMs }
}

export function repositoryPath(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url))
}

/** Keeps what a function says: its log lines and metrics, and the errors that Lambda would return. */
export function heard(lambda: RotationFunction, output: string[]): RotationFunction {
  return {
    ...lambda,
    async invoke(event) {
      const outcome = await lambda.invoke(event)
      output.push(outcome.logs)
      if (!outcome.ok) output.push(outcome.error.errorType, outcome.error.errorMessage, ...outcome.error.trace)
      return outcome
    },
  }
}
