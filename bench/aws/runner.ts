import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Step, steps } from '../../shared/rotation/event.ts'

export interface AwsRunner extends Disposable {
  /** Runs a whole rotation. @returns how long it took, in milliseconds */
  run(rotation: { readonly secretId: string; readonly token: string }): Promise<number>
  /** Runs the function on each of the events, until one fails. */
  invoke(events: readonly unknown[]): Promise<AwsAnswer>
}

/** Milliseconds, or what the function raised. */
export type AwsAnswer = { readonly ms: number } | { readonly error: string; readonly type: string }

export interface AwsRunnerSettings {
  readonly python: string
  /** The function's folder. */
  readonly folder: string
  /** The address of Secrets Manager. */
  readonly endpoint: string
  /** PEM file of the database's authority. */
  readonly authority: string
}

/** The access key that signs the calls of AWS's functions. */
export const awsCaller = 'aws'

/** Starts runner.py with a function and the variables that Lambda would give it. */
export function startAwsRunner({ python, folder, endpoint, authority }: AwsRunnerSettings): AwsRunner {
  const env = {
    PATH: process.env.PATH ?? '',
    AWS_DEFAULT_REGION: 'us-east-1',
    SECRETS_MANAGER_ENDPOINT: endpoint,
    AWS_ACCESS_KEY_ID: awsCaller,
    AWS_SECRET_ACCESS_KEY: 'bench',
  }
  const path = fileURLToPath(new URL('runner.py', import.meta.url))
  const child = spawn(python, [path, folder, authority], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2_000)
  })
  const failed = once(child, 'exit').then(
    ([code]): AwsAnswer => ({ type: 'Ended', error: `${python} ended with ${code}: ${complaint}` }),
    (error: Error): AwsAnswer => ({ type: error.name, error: error.message }),
  )
  const answers = createInterface({ input: child.stdout })
  async function invoke(events: readonly unknown[]): Promise<AwsAnswer> {
    const answered = once(answers, 'line').then(([line]) => JSON.parse(line as string) as AwsAnswer)
    child.stdin.write(`${JSON.stringify({ events })}\n`)
    return Promise.race([answered, failed])
  }
  return {
    invoke,
    async run({ secretId: SecretId, token: ClientRequestToken }) {
      const answer = await invoke(steps.map((Step: Step) => ({ Step, SecretId, ClientRequestToken })))
      if ('error' in answer) throw new Error(`AWS's function: ${answer.type}: ${answer.error}`)
      return answer.ms
    },
    [Symbol.dispose]: () => child.kill(),
  }
}
