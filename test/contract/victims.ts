import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { RotationFunction } from '../../local/secrets-manager/functions/invocation.ts'
import { runWith } from '../../local/secrets-manager/functions/lambda-runtime.ts'
import { sourcePrograms } from '../../local/secrets-manager/functions/source-programs.ts'
import { bundled } from '../support/bundle.ts'
import { type FunctionUnderTest, lambdaSettings } from '../support/function-under-test.ts'

const run = promisify(execFile)

/** Processes of a function, of which each can be killed. */
export interface Victims {
  /** What all of them wrote to their streams. */
  output(): string
  next(): Promise<RotationFunction>
  close(): Promise<void>
}

/**
 * Hundreds are started in a run of the tests. So each has loaded the function already, and starts while the last one is looked
 * at; host and function are bundles, because Node takes a third of the time to make JavaScript of TypeScript; and what V8 has
 * compiled of them is kept, which a process that is killed could not do itself.
 */
export async function victimsOf(about: FunctionUnderTest, endpoint: () => string): Promise<Victims> {
  const { module, ...settings } = lambdaSettings(about)
  const [bundle, host] = await Promise.all([bundled(module), bundled(sourcePrograms.process)])
  const kept = { NODE_COMPILE_CACHE: join(dirname(bundle.path), 'compiled') }
  const env = { ...settings.env, ...kept }
  await run(
    process.execPath,
    ['-e', 'process.argv.slice(1).forEach((path) => require(path))', host.path, bundle.path],
    {
      env: { AWS_REGION: 'us-east-1', ...env },
    },
  )
  const said: string[] = []
  const keep = ({ text }: { readonly text: string }) => void said.push(text)
  async function start(): Promise<RotationFunction> {
    const programs = { ...sourcePrograms, process: host.path }
    const of = { ...settings, env, module: bundle.path, runIn: 'process' } as const
    const victim = runWith(programs, about.id, of, endpoint, keep)
    await victim.invoke({})
    return victim
  }
  let waiting: Promise<RotationFunction> | undefined
  return {
    output: () => said.join(''),
    async next() {
      const victim = await (waiting ?? start())
      waiting = start()
      return victim
    },
    async close() {
      await (await waiting)?.close()
      await Promise.all([bundle[Symbol.asyncDispose](), host[Symbol.asyncDispose]()])
    },
  }
}
