import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Step } from '../shared/rotation/event.ts'
import type { Prepared } from './floor.ts'

export interface RunnerSettings {
  /** Path of the function's bundle. */
  readonly bundle: string
  /** The address of Secrets Manager. */
  readonly endpoint: string
  /** Variables of the function. */
  readonly env: Readonly<Record<string, string>>
  /** The module with the floor's `logIn`. */
  readonly driver: string | undefined
}

export interface Order {
  readonly as: 'function' | 'floor'
  readonly steps: readonly Step[]
  readonly prepared: Prepared
}

/** Milliseconds, or what went wrong. */
export type Answer = { readonly ms: number } | { readonly error: string }

export interface Runner extends Disposable {
  /** @returns how long it took, in milliseconds */
  run(order: Order): Promise<number>
}

/** Starts runner.ts with a function and the variables that Lambda would give it. */
export function startRunner(functionId: string, settings: RunnerSettings): Runner {
  const { endpoint } = settings
  const env = {
    PATH: process.env.PATH ?? '',
    AWS_REGION: 'us-east-1',
    AWS_LAMBDA_FUNCTION_NAME: functionId,
    // The list of calls names each caller by its access key.
    AWS_ACCESS_KEY_ID: functionId,
    AWS_SECRET_ACCESS_KEY: 'bench',
    SECRETS_MANAGER_ENDPOINT: endpoint,
    ...settings.env,
  }
  const path = fileURLToPath(new URL('runner.ts', import.meta.url))
  const child = fork(path, [JSON.stringify(settings)], { env, silent: true })
  child.stdout?.resume()
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = chunk.toString()
  })
  const ended = once(child, 'exit').then(([code]) => ({ error: `the process ended with ${code}: ${complaint}` }))
  return {
    async run(order) {
      const answered = once(child, 'message').then(([answer]) => answer as Answer)
      child.send(order)
      const answer = await Promise.race([answered, ended])
      if ('error' in answer) throw new Error(`${functionId} as ${order.as}: ${answer.error}`)
      return answer.ms
    },
    [Symbol.dispose]: () => child.kill(),
  }
}
