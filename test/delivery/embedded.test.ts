import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test } from 'vitest'
import { functionNames } from '../../local/embedded/function-names.ts'
import type * as embedded from '../../local/embedded/start.ts'
import { startPostgres } from '../../local/servers/postgres.ts'
import { errorCatalogue } from '../../shared/errors/catalogue.ts'
import { installedProject, type Project } from './support/installed.ts'

let project: Project
let start: typeof embedded.startLocalSecretsManager
beforeAll(async () => {
  project = await installedProject()
  start = createRequire(join(project.folder, 'x.js'))('keyturn/local').startLocalSecretsManager
})
afterAll(() => project[Symbol.asyncDispose]())

const path = (name: string) => join(project.folder, name)

type Local = embedded.LocalSecretsManager<string>

/** Starts a Secrets Manager that does not try again, and ends with the test. */
async function started(options: embedded.LocalSecretsManagerOptions<string> = {}): Promise<Local> {
  const local = await start({ retryDelaysMs: [], ...options })
  onTestFinished(() => local.stop())
  return local
}

async function rotated(local: Local, name: string, value: string, functionName: string) {
  const client = new SecretsManagerClient(local.clientConfig)
  onTestFinished(() => client.destroy())
  await client.send(new CreateSecretCommand({ Name: name, SecretString: value }))
  const lambda = { RotationLambdaARN: local.functions[functionName], RotationRules: { AutomaticallyAfterDays: 30 } }
  await client.send(new RotateSecretCommand({ SecretId: name, ...lambda }))
  return {
    client,
    current: async () => (await client.send(new GetSecretValueCommand({ SecretId: name }))).SecretString ?? '',
  }
}

const errors = (local: Local) => local.steps().flatMap(({ error }) => (error ? [error] : []))

/** A handler that promotes what it has stored: a rotation with no target. */
const ownHandler = `
const { env } = process
const call = async (operation, body) => {
  const headers = { 'x-amz-target': 'secretsmanager.' + operation, 'content-type': 'application/x-amz-json-1.1' }
  const answer = await fetch(env.AWS_ENDPOINT_URL, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(await answer.text())
  return answer.json()
}
export async function handler({ Step, SecretId, ClientRequestToken }) {
  console.log('own ' + Step)
  if (Step === 'createSecret') {
    await call('PutSecretValue', { SecretId, ClientRequestToken, SecretString: env.PREFIX + '2', VersionStages: ['AWSPENDING'] })
  }
  if (Step !== 'finishSecret') return
  const { VersionIdsToStages } = await call('DescribeSecret', { SecretId })
  const [from] = Object.entries(VersionIdsToStages).find(([, labels]) => labels.includes('AWSCURRENT'))
  const move = { MoveToVersionId: ClientRequestToken, RemoveFromVersionId: from }
  await call('UpdateSecretVersionStage', { SecretId, VersionStage: 'AWSCURRENT', ...move })
}
`
const hanging = 'export const handler = () => new Promise((resolve) => setTimeout(resolve, 3_600_000))\n'

/** What programs call `local` with, so that they need no SDK. */
const call = `
async function call(operation, body) {
  const headers = { 'x-amz-target': 'secretsmanager.' + operation, 'content-type': 'application/x-amz-json-1.1', connection: 'close' }
  const sent = { ClientRequestToken: crypto.randomUUID(), ...body }
  const answer = await fetch(local.endpoint, { method: 'POST', headers, body: JSON.stringify(sent) })
  if (!answer.ok) throw new Error(await answer.text())
}
async function rotate(Name, SecretString, RotationLambdaARN) {
  await call('CreateSecret', { Name, SecretString })
  await call('RotateSecret', { SecretId: Name, RotationLambdaARN, RotationRules: { AutomaticallyAfterDays: 1 } })
}
`

/** The oldest Node that runs it. @returns its path */
async function node22(): Promise<string> {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  await project.write({ 'node22/package.json': '{}' })
  const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel', 'error']
  const { code, stderr } = await project.run('npm', ['install', '--prefix', 'node22', ...quiet, `${name}@22.23.3`])
  if (code !== 0) throw new Error(`Node 22 can't be had:\n${stderr}`)
  return path(`node22/node_modules/${name}/bin/node`)
}

describe("Keyturn's functions in the package", () => {
  it('rotate a login of PostgreSQL', async () => {
    await using server = await startPostgres(18)
    const { host, port, superuser } = server
    const as = (user: string, password: string) => new Client({ host, port, database: 'postgres', user, password })
    const admin = as(superuser.username, superuser.password)
    await admin.connect()
    await admin.query("CREATE ROLE app LOGIN PASSWORD 'first'")
    await admin.end()
    const local = await started()
    const value = { engine: 'postgres', host, port, username: 'app', password: 'first', dbname: 'postgres', ssl: false }
    const { current } = await rotated(local, 'app', JSON.stringify(value), 'PostgresSingleUser')
    await local.settled()
    expect(errors(local)).toEqual([])
    const { username, password } = JSON.parse(await current())
    const login = async (user: string, word: string) => {
      const client = as(user, word)
      return client.connect().then(
        () => client.end().then(() => 'in'),
        (error) => error.code,
      )
    }
    expect([await login(username, password), await login('app', 'first')]).toEqual(['in', '28P01'])
  })

  it.each([
    ['this Node', async () => process.execPath],
    ['Node 22', node22],
  ])('start on %s, all of them, and say in their own words what is wrong with a value', async (_version, node) => {
    const each = `
import { startLocalSecretsManager } from 'keyturn/local'
const local = await startLocalSecretsManager({ retryDelaysMs: [] })
${call}
for (const name of Object.keys(local.functions)) await rotate(name, '{"password":"s3cr3t-s3cr3t', local.functions[name])
await rotate('good', 'first', local.functions.GeneratedValue)
const login = { engine: 'postgres', host: '127.0.0.1', port: 1, username: 'app', password: '127.0.0.1' }
await rotate('masked', JSON.stringify(login), local.functions.PostgresSingleUser)
await local.settled()
await local.stop()
console.log(JSON.stringify([process.version, local.steps()]))
`
    await project.write({ 'each.mjs': each })
    const { code, stdout, stderr } = await project.run(await node(), ['each.mjs'])
    expect(code, stderr).toBe(0)
    const [version, steps]: [string, embedded.RotationStep[]] = JSON.parse(stdout)
    expect(version).toMatch(_version === 'Node 22' ? /^v22\./ : /^v2[4-9]\./)
    expect(stdout).not.toContain('s3cr3t-s3cr3t')
    // The password is in what the driver says, and masked there.
    const masked = steps.find(({ secretName, error }) => secretName === 'masked' && error)?.error
    expect(masked).toMatchObject({ name: 'Unreachable', message: expect.not.stringContaining('127.0.0.1') })
    const others = steps.filter(({ secretName }) => secretName !== 'masked')
    const codes = others.flatMap(({ secretName, error }) => (error ? [[secretName, error.name]] : []))
    expect(codes.map(([name]) => name).sort()).toEqual([...functionNames])
    expect(codes.filter(([, code = '']) => !(code in errorCatalogue))).toEqual([])
    expect(steps.filter(({ secretName }) => secretName === 'good').map(({ step }) => step)).toHaveLength(4)
  })

  it('have the variables that are given for all functions and for one', async () => {
    const keys = { keyturn: 'GeneratedValue', env: { PASSWORD_LENGTH: '50' } } as const
    const local = await started({ env: { PASSWORD_LENGTH: '40' }, functions: { Keys: keys } })
    const all = await rotated(local, 'all', 'first', 'GeneratedValue')
    const one = await rotated(local, 'one', 'first', 'Keys')
    await local.settled()
    expect([(await all.current()).length, (await one.current()).length]).toEqual([40, 50])
  })
})

describe('a function of your own', () => {
  it.each([
    ['JavaScript', 'own.mjs', ownHandler],
    ['TypeScript', 'own.ts', `type Text = string\nexport const text: Text = ''\n${ownHandler}`],
  ])('is a file in %s, with variables and a log of its own', async (_language, name, text) => {
    await project.write({ [name]: text })
    const logs: string[] = []
    const local = await started({
      functions: { Mine: { handler: path(name), env: { PREFIX: 'v' } } },
      onLog: (log) => logs.push(`${log.functionName} ${log.stream} ${log.text}`),
    })
    const { current } = await rotated(local, 'mine', 'v1', 'Mine')
    await local.settled()
    expect(errors(local)).toEqual([])
    expect(await current()).toBe('v2')
    expect(logs.join('')).toContain('Mine stdout own createSecret')
    expect(local.steps().map(({ step, logs: text }) => [step, text.trim()])).toEqual(
      ['createSecret', 'setSecret', 'testSecret', 'finishSecret'].map((step) => [step, `own ${step}`]),
    )
  })

  it('is a file: URL, or a handler of this process, which is given what Lambda gives', async () => {
    await project.write({ 'own.mjs': ownHandler })
    const seen: unknown[] = []
    const local = await started({
      functions: {
        Url: { handler: pathToFileURL(path('own.mjs')), env: { PREFIX: 'u' } },
        Here: ({ Step, ClientRequestToken }, context) => {
          seen.push([
            Step,
            ClientRequestToken.length,
            context.functionName,
            context.getRemainingTimeInMillis() > 29_000,
          ])
          throw new RangeError('not today')
        },
      },
    })
    const { current } = await rotated(local, 'url', 'u1', 'Url')
    await rotated(local, 'here', 'h1', 'Here')
    await local.settled()
    expect(await current()).toBe('u2')
    expect(seen).toEqual([['createSecret', 36, 'Here', true]])
    expect(errors(local)).toEqual([{ name: 'RangeError', message: 'not today' }])
  })

  it.each(['thread', 'process', 'handler'])('that hangs in a %s fails its step in time', async (where) => {
    await project.write({ 'hangs.mjs': hanging, 'hangs.mts': hanging })
    const handler =
      where === 'handler' ? () => new Promise(() => {}) : path(where === 'thread' ? 'hangs.mjs' : 'hangs.mts')
    const local = await started({ functions: { Slow: { handler, timeoutMs: 700 } } })
    await rotated(local, 'slow', 'x', 'Slow')
    await local.settled()
    expect(errors(local)).toEqual([
      { name: 'Sandbox.Timedout', message: expect.stringContaining('Task timed out after 0.70 seconds') },
    ])
  })

  it('that throws is tried again after each delay, and not for ever', async () => {
    let runs = 0
    const local = await started({ retryDelaysMs: [1_000], functions: { Mine: () => Promise.reject(`no ${++runs}`) } })
    await rotated(local, 'mine', 'x', 'Mine')
    await local.settled()
    await local.advance(60_000)
    expect(local.steps().map(({ attempt, error }) => [attempt, error?.message])).toEqual([
      [1, 'no 1'],
      [2, 'no 2'],
    ])
  })
})

describe('options that cannot be meant are refused at the start', () => {
  it.each([
    [{ port: 70_000 }, /port takes a whole number from 0.*, not 70000/],
    [{ prot: 1 }, /options has prot, which there is not\. It may have: port, functions, env, onLog, retryDelaysMs\./],
    [8080, /options is number, not an object\. It may have: port, /],
    [{ functions: { Mine: './own.js' } }, /functions\.Mine is string: it takes a function, \{ handler: FILE \} or/],
    [
      { functions: { Mine: { handler: () => {}, timeout: 1 } } },
      /functions\.Mine has timeout, which there is not\. It may have: handler, env, timeoutMs\./,
    ],
    [
      { functions: { Mine: { keyturn: 'SshKey', handler: 'x' } } },
      /functions\.Mine has handler, which there is not\. It may have: keyturn, env, timeoutMs\./,
    ],
    [{ functions: { Mine: { handler: './gone.js' } } }, /functions\.Mine has a handler that is no file: \/.*gone\.js/],
    [{ functions: { Mine: { keyturn: 'Nothing' } } }, /functions\.Mine wants "Nothing" of Keyturn, which has: ApiKey/],
    [{ functions: { 'no name': () => {} } }, /functions\.no name is no name of a function/],
    [{ functions: { Mine: {} } }, /functions\.Mine has no handler/],
    [{ functions: { Mine: { handler: () => {}, timeoutMs: 0 } } }, /functions\.Mine has timeoutMs: 0/],
  ])('%o', async (options, message) => {
    await expect(start(options as embedded.LocalSecretsManagerOptions<string>)).rejects.toThrow(message)
  })

  it('a port that is in use', async () => {
    const local = await started()
    const again = start({ port: local.port })
    await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE', message: expect.stringContaining('is in use') })
    const { port } = await started()
    expect(port).not.toBe(local.port)
  })

  test('of two servers that start on one port at once, one gets it', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { readonly port: number }
    await new Promise((resolve) => server.close(resolve))
    const outcomes = await Promise.allSettled([start({ port }), start({ port })])
    const [won] = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    const [lost] = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
    await won?.stop()
    expect([won?.port, lost?.code]).toEqual([port, 'EADDRINUSE'])
    // It is free again.
    await (await start({ port })).stop()
  })
})

describe('the end of Secrets Manager', () => {
  /** A program that starts one, and rotates by functions that hang. */
  const program = (atTheEnd: string) => `
import { startLocalSecretsManager } from 'keyturn/local'
console.error('')
console.log('')
const before = process.getActiveResourcesInfo()
const hour = { timeoutMs: 3_600_000 }
const functions = {
  Thread: { handler: 'hangs.mjs', ...hour },
  Process: { handler: 'hangs.mts', ...hour },
  Here: { handler: () => new Promise(() => {}), ...hour },
}
const local = await startLocalSecretsManager({ functions })
${call}
for (const name of Object.keys(functions)) await rotate(name, 'x', local.functions[name])
await new Promise((resolve) => setTimeout(resolve, 1_000))
console.log('rotating ' + local.steps().length)
${atTheEnd}
`

  function run(name: string): { readonly child: ChildProcess; readonly output: () => string } {
    const child = spawn(process.execPath, [name], { cwd: project.folder, stdio: ['ignore', 'pipe', 'ignore'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    let text = ''
    child.stdout.on('data', (more) => (text += more))
    return { child, output: () => text }
  }

  it('may come in the middle of a rotation, and twice, and keeps no process alive', async () => {
    const stop = `
await Promise.all([local.stop(), local.stop()])
// Resources that have ended are listed for a moment longer.
await new Promise((resolve) => setTimeout(resolve, 100))
console.log(JSON.stringify([before, process.getActiveResourcesInfo()]))`
    await project.write({ 'hangs.mjs': hanging, 'hangs.mts': hanging, 'stop.mjs': program(stop) })
    const { child, output } = run('stop.mjs')
    const [code] = await once(child, 'exit')
    const [, rotating, resources = ''] = output().split('\n')
    expect([code, rotating]).toEqual([0, 'rotating 0'])
    const [before, after] = JSON.parse(resources)
    expect(after).toEqual(before)
  })

  it('by a kill of the process ends the processes of its functions, too', async () => {
    const pid = "import { appendFileSync } from 'node:fs'\nappendFileSync('pids', process.pid + ' ')\n"
    await project.write({ 'hangs.mjs': hanging, 'hangs.mts': `${pid}${hanging}`, 'killed.mjs': program('') })
    const { child, output } = run('killed.mjs')
    while (!output().includes('rotating')) await sleep(50)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const { stdout } = await project.run('cat', ['pids'])
    const own = Number(stdout)
    expect(own).toBeGreaterThan(0)
    const isThere = () => {
      try {
        return process.kill(own, 0)
      } catch {
        return false
      }
    }
    for (let waited = 0; isThere() && waited < 200; waited++) await sleep(50)
    expect(isThere()).toBe(false)
  })
})
