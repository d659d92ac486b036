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
  /** A process of its own reads what Node reads at its start: NODE_EXTRA_CA_CERTS. */
  readonly runIn?: 'thread' | 'process'
}

export function lambdaSettings({ module, env = {}, timeoutMs = 30_000, runIn = 'thread' }: FunctionUnderTest) {
  return { module: repositoryPath(module), env, timeoutMs, runIn }
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
