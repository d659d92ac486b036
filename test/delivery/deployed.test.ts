import { execFile } from 'node:child_process'
import { cpSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  GetFunctionConfigurationCommand,
  ListFunctionsCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { CreateSecretCommand, RotateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { bundleCommand } from '../../cli/bundle.ts'
import { arnOfFunction, defaultRegion } from '../../local/secrets-manager/arns.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { type AwsAccount, awsAccount } from '../cli/doctor/account.ts'
import { pythonWith } from '../support/python-environment.ts'
import { docsBlock } from './docs-block.ts'

const release = inject('release')
const run = promisify(execFile)
const name = 'keyturn-postgres-PostgresSingleUser'

// An account in which the zips were deployed by the commands of docs/releases.md, and a secret that one of them rotates.
let folder: string
let account: AwsAccount
let said: string
let secret: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyturn-deployed-'))
  cpSync(release, folder, { recursive: true })
  account = await awsAccount({
    [name]: {
      id: name,
      arn: arnOfFunction(name),
      invoke: async () => ({ ok: true, logs: '' }),
      kill: () => undefined,
      close: async () => undefined,
    },
  })
  said = (
    await run('bash', ['-euo', 'pipefail', '-c', await withAws(docsBlock('release-deploy'))], {
      cwd: folder,
      env: shell(),
    })
  ).stdout
  const { secrets } = account.clients
  secret = (await secrets.send(new CreateSecretCommand({ Name: 'my/database', SecretString: '{}' }))).ARN ?? ''
  const rotation = { RotationLambdaARN: arnOfFunction(name), RotationRules: { AutomaticallyAfterDays: 30 } }
  await secrets.send(new RotateSecretCommand({ SecretId: secret, ...rotation, RotateImmediately: false }))
  await bundleCommand(join(folder, 'keyturn.mjs'))
})
afterAll(async () => {
  await account?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function shell(endpoint = account.moto): NodeJS.ProcessEnv {
  const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_PAGER: '' }
  return {
    PATH: process.env.PATH,
    ...credentials,
    AWS_REGION: defaultRegion,
    AWS_DEFAULT_REGION: defaultRegion,
    AWS_ENDPOINT_URL: endpoint,
  }
}

/** The machine's AWS CLI, or one of PyPI's. */
async function withAws(commands: string): Promise<string> {
  const has = await run('aws', ['--version']).catch(() => undefined)
  return has ? commands : `aws() { ${await pythonWith('awscli==1.45.11')} -m awscli "$@"; }\n${commands}`
}

async function doctor(): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const args = [join(folder, 'keyturn.mjs'), 'doctor', secret, '--no-probe', '--json']
  const failed = (error: { stdout: string }) => error
  const { stdout } = await run(process.execPath, args, { env: shell(account.endpoint) }).catch(failed)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}
const codeIn = (lines: Awaited<ReturnType<typeof doctor>>) => lines.find(({ looked }) => looked === 'code')?.saw

describe("the AWS CLI's commands in docs/releases.md", () => {
  it('deploy the functions of a target', async () => {
    // moto knows no outputs of a stack that a change set has made; LocalStack does (test/containers).
    expect(said).toContain('Successfully created/updated stack - keyturn-postgres')
    const { Functions = [] } = await account.clients.lambda.send(new ListFunctionsCommand({}))
    const made = Functions.map(({ FunctionName }) => FunctionName)
    expect(made.sort()).toEqual(['keyturn-postgres-PostgresAlternatingUsers', name])
  })

  it('give Lambda the zip of which code-sha256.json has the digest', async () => {
    const deployed = await account.clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }))
    const known = JSON.parse(readFileSync(join(release, 'code-sha256.json'), 'utf8'))
    expect(deployed.CodeSha256).toBe(known[packageJson.version].PostgresSingleUser)
    expect(deployed).toMatchObject({ Handler: 'single-user.handler', Runtime: 'nodejs24.x' })
  })
})

describe('doctor', () => {
  it('knows released code by its digest, and takes other code for no fault', async () => {
    const before = await doctor()
    expect(codeIn(before)).toBe(`that of PostgresSingleUser.zip of Keyturn ${packageJson.version}`)
    const ZipFile = Buffer.concat([readFileSync(join(release, 'PostgresSingleUser.zip')), Buffer.from('changed')])
    const other = { FunctionName: name, ZipFile }
    const { CodeSha256 } = await account.clients.lambda.send(new UpdateFunctionCodeCommand(other))
    const after = await doctor()
    expect(codeIn(after)).toContain(`of no zip of Keyturn ${packageJson.version}`)
    expect(codeIn(after)).toContain(CodeSha256)
    const findings = (lines: typeof before) => lines.filter(({ cause }) => cause !== undefined)
    expect(findings(after)).toEqual(findings(before))
  })

  it('says nothing of the code where it has no list of digests', async () => {
    await rm(join(folder, 'code-sha256.json'))
    const lines = await doctor()
    expect(lines.map(({ looked }) => looked)).toContain('function')
    expect(codeIn(lines)).toBeUndefined()
  })
})
