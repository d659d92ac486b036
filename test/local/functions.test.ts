import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { build } from 'esbuild'
import { describe, expect, test, vi } from 'vitest'
import { discoverFunctions, functionsFolder, logicalId } from '../../local/functions.ts'
import type { StepEnded } from '../../local/secrets-manager/functions/invocation.ts'
import { runLambda } from '../../local/secrets-manager/functions/lambda.ts'
import type { LambdaSettings } from '../../local/secrets-manager/functions/lambda-runtime.ts'
import { startLocalSecretsManager } from '../../local/secrets-manager/start.ts'
import { repositoryPath } from '../support/function-under-test.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { clientFor, handlerPath, newSecret, rotate } from './support.ts'

const programs = repositoryPath('node_modules/.cache/keyturn')

/** A server with one function and what its steps came to. */
async function running(settings: LambdaSettings) {
  const ended: StepEnded[] = []
  const local = await startLocalSecretsManager({
    functions: { Mine: settings },
    retryDelaysMs: [],
    onStep: (step) => void (step.phase === 'ended' && ended.push(step)),
  })
  const stage = { local, client: clientFor(local), lambda: local.functions.Mine ?? '' }
  return { ...stage, ended, [Symbol.asyncDispose]: () => local.close() }
}

interface Report {
  readonly event: string[]
  readonly context: Record<string, string>
  readonly remaining: number
  readonly invocations: number
  readonly stripsTypes: boolean
  readonly pid: number
  readonly env: Record<string, string>
}

const reportOf = ({ logs }: StepEnded) =>
  JSON.parse(logs.split('\n').find((line) => line.startsWith('{')) ?? '') as Report

describe.each(['thread', 'process'] as const)('a function in a %s', (runIn) => {
  const module = handlerPath('on-demand')

  test('has Lambda’s context, an environment of its own, and its log lines are kept', async () => {
    await using stage = await running({ module, runIn, env: { PASSWORD_LENGTH: '40' }, timeoutMs: 20_000 })
    process.env.NOT_FOR_FUNCTIONS = 'x'
    await rotate(stage, await newSecret(stage, 'report testSecret'))
    const step = stage.ended.find(({ logs }) => logs.includes('{'))
    if (step === undefined) throw new Error('no report')
    expect(step.step).toBe('testSecret')
    const { event, context, remaining, invocations, stripsTypes, pid, env } = reportOf(step)
    expect(event.sort()).toEqual(['ClientRequestToken', 'RotationToken', 'SecretId', 'Step'])
    const { functionName, invokedFunctionArn, memoryLimitInMB } = context
    expect({ functionName, invokedFunctionArn, memoryLimitInMB }).toEqual({
      functionName: 'Mine',
      invokedFunctionArn: stage.lambda,
      memoryLimitInMB: '256',
    })
    expect(context.awsRequestId).toMatch(/^[0-9a-f-]{36}$/)
    expect(remaining).toBeGreaterThan(15_000)
    expect(remaining).toBeLessThanOrEqual(20_000)
    expect(invocations).toBe(3)
    expect(pid === process.pid).toBe(runIn === 'thread')
    // WebAssembly, which several threads of one process had better not run.
    expect(stripsTypes).toBe(runIn === 'process')
    expect(env).toMatchObject({
      AWS_ENDPOINT_URL: stage.local.endpoint,
      AWS_ACCESS_KEY_ID: 'Mine',
      PASSWORD_LENGTH: '40',
    })
    expect(env.SECRETS_MANAGER_ENDPOINT).toBe(stage.local.endpoint)
    expect(env).not.toHaveProperty('NOT_FOR_FUNCTIONS')
    expect(step.logs).toMatch(/\{.*\}\nstep testSecret\n$/)
  })

  test('is killed at its timeout, with Lambda’s words, makes no further call, and starts anew', async () => {
    await using stage = await running({ module, runIn, timeoutMs: 1_500 })
    const SecretId = await newSecret(stage, 'dawdle setSecret')
    await rotate(stage, SecretId)
    const [, hung] = stage.ended
    expect(hung).toMatchObject({ step: 'setSecret', outcome: 'failed', error: { errorType: 'Sandbox.Timedout' } })
    expect(hung?.error?.errorMessage).toMatch(/^RequestId: [0-9a-f-]{36} Error: Task timed out after 1.50 seconds$/)
    const calls = stage.local.calls.by('Mine').length
    await setTimeout(600)
    expect(stage.local.calls.by('Mine')).toHaveLength(calls)
    await stage.client.updateSecret({ SecretId, Description: '' })
    await expect(stage.client.rotateSecret({ SecretId })).rejects.toThrow()
    await stage.local.settled()
    expect(stage.ended.at(-1)).toMatchObject({ step: 'finishSecret', outcome: 'succeeded' })
  })

  test('that exits has failed', async () => {
    await using stage = await running({ module, runIn })
    await rotate(stage, await newSecret(stage, 'exit createSecret'))
    expect(stage.ended).toMatchObject([{ step: 'createSecret', error: { errorType: 'Runtime.ExitError' } }])
  })

  test('that is killed has failed, wherever it was', async () => {
    await using stage = await running({ module, runIn })
    const SecretId = await newSecret(stage, 'hang setSecret')
    await stage.client.rotateSecret({ SecretId, RotationLambdaARN: stage.lambda })
    await expect.poll(() => stage.ended.length, { timeout: 10_000 }).toBe(1)
    stage.local.kill('Mine')
    await stage.local.settled()
    expect(stage.ended.at(-1)).toMatchObject({ step: 'setSecret', error: { errorType: 'Runtime.ExitError' } })
  })

  test('that was killed is not invoked again: another environment is', async () => {
    const lambda = runLambda(
      'Mine',
      { module: handlerPath('bundled'), runIn },
      () => 'http://127.0.0.1:1',
      () => {},
    )
    for (let round = 0; round < 5; round++) {
      expect(await lambda.invoke({ Step: 'createSecret' })).toEqual({
        ok: true,
        logs: 'bundled createSecret\n',
        answer: null,
      })
      lambda.kill()
    }
    await lambda.close()
  })

  test('that can’t be loaded fails as on Lambda', async () => {
    await using stage = await running({ module: handlerPath('broken'), runIn })
    await rotate(stage, await newSecret(stage))
    const error = { errorType: 'Runtime.ImportModuleError', errorMessage: expect.stringContaining('can not be loaded') }
    expect(stage.ended).toMatchObject([{ step: 'createSecret', error }])
  })
})

test('an error that a thread throws has the lines of the TypeScript', async () => {
  await using stage = await running({ module: handlerPath('on-demand') })
  await rotate(stage, await newSecret(stage, 'fail setSecret'))
  const trace = stage.ended.at(-1)?.error?.trace ?? []
  expect(trace[1]).toMatch(/test\/local\/handlers\/on-demand\.ts:17:/)
})

test('a module that does not parse fails the invocation, until it is mended', async () => {
  const module = join(await temporaryFolder(), 'typing.ts')
  await writeFile(module, 'export const handler = async () => {')
  await using stage = await running({ module })
  await rotate(stage, await newSecret(stage))
  const errorMessage = expect.stringMatching(/typing\.ts:1:\d+: ERROR: /)
  expect(stage.ended).toMatchObject([{ error: { errorType: 'Runtime.ImportModuleError', errorMessage } }])
  await writeFile(module, 'export const handler = async () => {}')
  await rotate(stage, await newSecret(stage))
  expect(stage.ended[1]).toMatchObject({ step: 'createSecret', outcome: 'succeeded' })
})

test('the next environment runs the edited file, and needs no file from before', async () => {
  const module = join(await temporaryFolder(), 'edited.ts')
  const write = (what: string) => writeFile(module, `export const handler = async () => console.log('${what}')`)
  await using stage = await running({ module })
  const said = async () => {
    await rotate(stage, await newSecret(stage))
    stage.local.kill('Mine')
    return stage.ended.at(-1)?.logs
  }
  await write('first')
  expect(await said()).toBe('first\n')
  await write('second')
  expect(await said()).toBe('second\n')
  for (const file of await readdir(programs)) if (file.startsWith('edited-')) await rm(join(programs, file))
  expect(await said()).toBe('second\n')
})

test('another process runs the bundles made before, and makes those of edited files anew', async () => {
  const module = join(await temporaryFolder(), 'remembered.ts')
  const made = async () => {
    vi.resetModules()
    const { threadProgram } = await import('../../local/secrets-manager/functions/thread-program.ts')
    const path = await threadProgram(module)
    return { path, at: (await stat(path)).mtimeMs }
  }
  await writeFile(module, 'export const handler = async () => console.log("a")')
  await setTimeout(20)
  const first = await made()
  expect(await made()).toEqual(first)
  await writeFile(module, 'export const handler = async () => console.log("b")')
  expect((await made()).path).not.toBe(first.path)
})

test('a character that is written in two pieces arrives whole', async () => {
  const module = join(await temporaryFolder(), 'pieces.ts')
  const pieces = "for (const byte of Buffer.from('é\\n')) process.stdout.write(Buffer.from([byte]))"
  await writeFile(module, `export const handler = async () => { ${pieces} }`)
  await using stage = await running({ module })
  await rotate(stage, await newSecret(stage))
  expect(stage.ended[0]?.logs).toBe('é\n')
})

test('a function that is killed before it has started has failed, and nothing of it runs', async () => {
  const module = join(await temporaryFolder(), 'slow-start.ts')
  await writeFile(module, 'console.log("runs"); export const handler = async () => {}')
  await using stage = await running({ module })
  const SecretId = await newSecret(stage)
  await stage.client.rotateSecret({ SecretId, RotationLambdaARN: stage.lambda })
  stage.local.kill('Mine')
  await stage.local.settled()
  expect(stage.ended).toMatchObject([{ error: { errorType: 'Runtime.ExitError' }, logs: '' }])
})

test('an environment takes one invocation at a time; another one at the same time gets another', async () => {
  await using stage = await running({ module: handlerPath('on-demand') })
  const secrets = [await newSecret(stage, 'report createSecret'), await newSecret(stage, 'report createSecret')]
  await Promise.all(secrets.map((SecretId) => rotate(stage, SecretId)))
  const reports = stage.ended.filter(({ logs }) => logs.includes('{')).map(reportOf)
  expect(reports.map(({ invocations }) => invocations)).toEqual([1, 1])
})

test.each(['esm', 'cjs'] as const)('a bundle runs like the source (%s)', async (format) => {
  const outfile = join(await temporaryFolder(), `index.${format === 'esm' ? 'mjs' : 'cjs'}`)
  await build({ entryPoints: [handlerPath('bundled')], outfile, format, bundle: true, platform: 'node' })
  await using stage = await running({ module: outfile, runIn: 'process' })
  await rotate(stage, await newSecret(stage))
  expect(stage.ended[0]).toMatchObject({ outcome: 'succeeded', logs: 'bundled createSecret\n' })
})

test('the functions of the repository are found by their exported handler and named as in the template', async () => {
  const found = await discoverFunctions()
  for (const [id, path] of Object.entries(found)) {
    expect(await readFile(path, 'utf8')).toMatch(/^export const handler\b/m)
    expect(logicalId(path)).toBe(id)
  }
  const in_ = (path: string) => logicalId(join(functionsFolder, path))
  expect(in_('postgres/single-user.ts')).toBe('PostgresSingleUser')
  expect(in_('generated-value/generated-value.ts')).toBe('GeneratedValue')
  expect(found.GeneratedValue).toBe(join(functionsFolder, 'generated-value/generated-value.ts'))
})
