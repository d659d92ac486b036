import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { CreateSecretCommand, RotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, inject, it, test } from 'vitest'
import type { LocalSecretsManager } from '../../local/embedded/start.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { repositoryPath } from '../support/function-under-test.ts'
import { anchorsOf } from '../support/markdown.ts'
import { fileOf, installedProject, type Project, tarball } from './support/installed.ts'

let project: Project
beforeAll(async () => {
  const others = ['vitest', '@types/node', '@aws-sdk/client-secrets-manager', 'aws-cdk-lib', 'constructs']
  project = await installedProject(...others)
})
afterAll(() => project[Symbol.asyncDispose]())

const tsc = repositoryPath('node_modules/typescript/bin/tsc')
const installed = (name: string) => join(project.folder, 'node_modules/keyturn', name)

describe('the tarball', () => {
  const names = execFileSync('tar', ['tzf', tarball], { encoding: 'utf8' }).trim().split('\n')

  it('has at most 3 MB', () => {
    expect(statSync(tarball).size).toBeLessThanOrEqual(3_000_000)
  })

  it('has no sources and no tests', () => {
    const own = names.filter((name) => !name.startsWith('package/examples/'))
    expect(own.filter((name) => /(?<!\.d)\.ts$|\.map$|(^|\/)test\//.test(name))).toEqual([])
  })

  it('has pages whose links lead to files and headings that it has', () => {
    const pages = names.filter((name) => name.endsWith('.md')).map((name) => installed(name.replace('package/', '')))
    const links = pages.flatMap((page) =>
      [
        ...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)|\bsrc(?:set)?="([^"]*)"/g),
      ].map(([link, file, heading, picture]) => {
        const target = file === '' ? page : join(dirname(page), picture ?? file ?? '')
        return { link: `${page}: ${link}`, target, heading }
      }),
    )
    const dead = links.filter(({ target, heading }) => {
      if (!existsSync(target) || !statSync(target).isFile()) return true
      return heading !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(heading)
    })
    expect(dead.map(({ link }) => link)).toEqual([])
    expect(links.length).toBeGreaterThan(150)
  })

  it('installs nothing else, and runs no script', () => {
    const manifest = JSON.parse(readFileSync(installed('package.json'), 'utf8'))
    expect(manifest).toMatchObject({ name: 'keyturn', version: packageJson.version, license: 'Apache-2.0' })
    for (const absent of ['private', 'scripts', 'dependencies']) expect(manifest).not.toHaveProperty(absent)
  })

  it('names no path of the machine that made it', () => {
    const files = names.filter((name) => /\.(m?js|d\.ts|json)$/.test(name)).map((name) => name.replace('package/', ''))
    const root = repositoryPath('').replace(/\/$/, '')
    expect(files.filter((name) => readFileSync(installed(name), 'utf8').includes(root))).toEqual([])
  })

  it('has the licence of each package that is bundled', () => {
    const notice = readFileSync(installed('NOTICE'), 'utf8')
    for (const name of ['@aws-sdk/client-secrets-manager', 'pg', 'mysql2', 'ssh2', 'valibot', 'fflate', 'croner'])
      expect(notice).toContain(`\n${name} `)
  })
})

describe('its declarations satisfy a strict compiler', () => {
  const files = {
    'use.ts': `
import { type FunctionLog, type Handler, type LocalSecretsManager, startLocalSecretsManager } from 'keyturn/local'
import { Stack } from 'aws-cdk-lib'
import { RotationFunction } from 'keyturn/cdk'
import { functionZip } from 'keyturn/zips'

new RotationFunction(new Stack(), 'Rotation', { function: 'SshKey' })
// @ts-expect-error There is no such construct.
new RotationFunction(new Stack(), 'Rotation', { function: 'Nothing' })
const handler: Handler = async ({ Step, SecretId }, { functionName }) => \`\${Step} \${SecretId} \${functionName}\`
const logs: FunctionLog[] = []
await using local: LocalSecretsManager<'Mine' | 'Other'> = await startLocalSecretsManager({
  port: 0,
  env: { PASSWORD_LENGTH: '40' },
  onLog: (log) => logs.push(log),
  functions: { Mine: handler, Other: { handler: new URL('file:///x.js'), env: { A: 'b' } } },
})
export const arns: string[] = [local.functions.Mine, local.functions.GeneratedValue]
export const path: string = functionZip('SshKey')
// @ts-expect-error There is no such function.
local.functions.Nothing
// @ts-expect-error There is no such zip.
functionZip('Nothing')
// @ts-expect-error There is no such function of Keyturn.
startLocalSecretsManager({ functions: { Mine: { keyturn: 'Nothing' } } })
`,
    'use.cts': `
import { startLocalSecretsManager } from 'keyturn/local'
import zips = require('keyturn/zips')
export const started = startLocalSecretsManager()
export const path: string = zips.functionZip('SshKey')
`,
  }

  it.each([
    ['nodenext', 'nodenext', ['use.ts', 'use.cts']],
    ['bundler', 'esnext', ['use.ts']],
  ])('with moduleResolution %s', async (moduleResolution, module, names) => {
    await project.write(files)
    const options = ['--strict', '--noUncheckedIndexedAccess', '--skipLibCheck', 'false']
    const how = ['--noEmit', '--target', 'es2022', '--module', module, '--moduleResolution', moduleResolution]
    const { stdout } = await project.run(process.execPath, [tsc, ...options, ...how, '--types', 'node', ...names])
    expect(stdout).toBe('')
  })
})

describe('the examples of docs/package.md', () => {
  test('rotates in vitest', async () => {
    await project.write({ 'rotation.test.ts': await fileOf('docs/package.md', 'rotation.test.ts') })
    const vitest = repositoryPath('node_modules/vitest/vitest.mjs')
    // A user's machine is not as busy as this one may be.
    const patient = ['--testTimeout', '60000', '--hookTimeout', '60000']
    const how = ['run', '--reporter', 'json', '--outputFile', 'report.json', ...patient]
    const ended = await project.run(process.execPath, [vitest, ...how], { VITEST: '', NODE_ENV: '' })
    const report = JSON.parse(readFileSync(join(project.folder, 'report.json'), 'utf8'))
    expect(ended.code, JSON.stringify(report, undefined, 2)).toBe(0)
    expect(report).toMatchObject({ numTotalTests: 1, numPassedTests: 1 })
  })

  test.each(['commonjs', 'module'])('gives a zip, by a program in a project of type %s', async (type) => {
    const own = `of-${type}`
    await project.write({
      [`${own}/package.json`]: JSON.stringify({ type }),
      [`${own}/zip.mts`]: await fileOf('docs/package.md', 'zip.mts'),
    })
    const { stdout, stderr } = await project.run('sh', ['-c', `cd ${own} && node zip.mts`])
    expect(stdout, stderr).toBe(`${realpathSync(project.folder)}/${own}/build/PostgresSingleUser.zip\n`)
  })

  test('satisfies a strict compiler', async () => {
    const names = ['rotation.test.ts', 'zip.mts']
    for (const name of names) await project.write({ [name]: await fileOf('docs/package.md', name) })
    const how = [
      '--noEmit',
      '--strict',
      '--target',
      'es2022',
      '--module',
      'nodenext',
      '--skipLibCheck',
      '--types',
      'node',
    ]
    expect((await project.run(process.execPath, [tsc, ...how, ...names])).stdout).toBe('')
  })
})

describe('keyturn/zips', () => {
  it.each(['ApiKey', 'PostgresSingleUser', 'TransferUserKey'])('gives %s.zip of the release', (id) => {
    const { functionZip } = createRequire(join(project.folder, 'x.js'))('keyturn/zips')
    const path: string = functionZip(id, join(project.folder, 'build'))
    expect(path).toBe(join(project.folder, 'build', `${id}.zip`))
    expect(Buffer.compare(readFileSync(path), readFileSync(join(inject('release'), `${id}.zip`)))).toBe(0)
  })

  it('replaces a file that is broken', () => {
    const { functionZip } = createRequire(join(project.folder, 'x.js'))('keyturn/zips')
    const path: string = functionZip('SshKey')
    expect(path).toBe(installed('zips/SshKey.zip'))
    execFileSync('truncate', ['-s', '10', path])
    expect(statSync(functionZip('SshKey')).size).toBe(statSync(join(inject('release'), 'SshKey.zip')).size)
  })

  it('names the functions that it has where another one is asked for', () => {
    const { functionZip } = createRequire(join(project.folder, 'x.js'))('keyturn/zips')
    for (const name of ['Nothing', 'Overdue'])
      expect(() => functionZip(name)).toThrow(/There is no function \w+\. There is: ApiKey, .*TransferUserKey\.$/)
  })
})

describe('keyturn/cdk', () => {
  it.each(['commonjs', 'module'])('deploys the zip of the release, in a project of type %s', async (type) => {
    const program = `
const stack = new Stack(new App({ outdir: 'cdk.out' }), 'keyturn')
new RotationFunction(stack, 'Rotation', { function: 'PostgresSingleUser' })
const { Resources } = App.of(stack).synth().getStackByName('keyturn').template
const [{ Properties }] = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function')
console.log(Properties.Handler, Properties.Code.S3Key)
`
    const names = ['{ App, Stack }', 'aws-cdk-lib', '{ RotationFunction }', 'keyturn/cdk'] as const
    const [what, where, construct, from] = names
    const [head, name] =
      type === 'module'
        ? [`import ${what} from '${where}'\nimport ${construct} from '${from}'`, 'app.mjs']
        : [`const ${what} = require('${where}')\nconst ${construct} = require('${from}')`, 'app.cjs']
    await project.write({ [name]: `${head}\n${program}` })
    const { stdout, stderr } = await project.run(process.execPath, [name])
    expect(stdout, stderr).toMatch(/^single-user\.handler [0-9a-f]{64}\.zip\n$/)
    const [, asset = ''] = /(\w{64}\.zip)/.exec(stdout) ?? []
    const deployed = readFileSync(join(project.folder, 'cdk.out', `asset.${asset}`))
    expect(Buffer.compare(deployed, readFileSync(join(inject('release'), 'PostgresSingleUser.zip')))).toBe(0)
  })
})

describe('the command', () => {
  it('shows its help', async () => {
    const { code, stdout } = await project.run('npx', ['--offline', 'keyturn', '--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^keyturn starts, watches and explains rotations/)
  })

  it('names pages that are there', async () => {
    const texts = execFileSync('grep', ['-rhoE', 'docs/[a-z-]+\\.md', installed('command')], { encoding: 'utf8' })
    const pages = [...new Set(texts.trim().split('\n'))]
    expect(pages.length).toBeGreaterThan(3)
    for (const page of pages) expect(statSync(installed(page)).isFile()).toBe(true)
  })

  it('rotates, shows and examines secrets of a Secrets Manager that the package starts', async () => {
    const { startLocalSecretsManager } = createRequire(join(project.folder, 'x.js'))('keyturn/local')
    await using local = await startLocalSecretsManager()
    await create(local, 'basic-auth', '{"username":"app","password":"first"}')
    await local.settled()
    const keyturn = (...args: string[]) =>
      project.run(process.execPath, [installed('command/keyturn.mjs'), ...args], local.env)
    const rotated = await keyturn('rotate', 'basic-auth')
    expect(rotated.code, rotated.stderr + rotated.stdout).toBe(0)
    const status = await keyturn('status', '--json')
    expect(JSON.parse(status.stdout)).toMatchObject({ secret: 'basic-auth', state: 'ok' })
    const doctor = await keyturn('doctor', 'basic-auth')
    expect(doctor.stderr).not.toContain('defect')
    expect(doctor.stdout).toMatch(/probe +AWSCURRENT works/)
  })
})

async function create({ clientConfig, functions }: LocalSecretsManager, Name: string, SecretString: string) {
  const client = new SecretsManagerClient(clientConfig)
  const { ARN: SecretId } = await client.send(new CreateSecretCommand({ Name, SecretString }))
  const rules = { RotationRules: { AutomaticallyAfterDays: 30 }, RotateImmediately: false }
  await client.send(new RotateSecretCommand({ SecretId, RotationLambdaARN: functions.GeneratedValue, ...rules }))
  client.destroy()
}
