import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { folderOfAws } from '../../bench/aws/functions.ts'
import { type AwsRunner, startAwsRunner } from '../../bench/aws/runner.ts'
import { arnOfFunction } from '../../local/secrets-manager/arns.ts'
import type { Invocation, RotationFunction } from '../../local/secrets-manager/functions/invocation.ts'

const { KEYTURN_AWS_FUNCTIONS: checkout = '', KEYTURN_AWS_PYTHON: python = 'python3' } = process.env

/** One of AWS's own functions, as the Secrets Manager of a laptop can invoke it; in a process of its own. */
export async function awsFunction(
  functionId: string,
  server: { readonly ca: string },
  endpoint: () => string,
): Promise<RotationFunction> {
  if (checkout === '') throw new Error('KEYTURN_AWS_FUNCTIONS names no checkout: see npm run test:interop -- --help.')
  const folder = await folderOfAws(functionId, checkout)
  if (folder === undefined) throw new Error(`AWS has no function that does what ${functionId} does.`)
  const own = await mkdtemp(join(tmpdir(), 'keyturn-interop-'))
  const authority = join(own, 'authority.pem')
  await writeFile(authority, server.ca)
  let runner: AwsRunner | undefined
  function end() {
    runner?.[Symbol.dispose]()
    runner = undefined
  }
  const id = basename(folder)
  return {
    id,
    arn: arnOfFunction(id),
    handler: 'lambda_function.lambda_handler',
    runtime: 'python3.12',
    async invoke(event): Promise<Invocation> {
      runner ??= startAwsRunner({ python, folder, endpoint: endpoint(), authority })
      const answer = await runner.invoke([event])
      if ('ms' in answer) return { ok: true, logs: '' }
      return { ok: false, logs: '', error: { errorType: answer.type, errorMessage: answer.error, trace: [] } }
    },
    kill: end,
    async close() {
      end()
      await rm(own, { recursive: true, force: true })
    },
  }
}
