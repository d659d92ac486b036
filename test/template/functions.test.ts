import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { settings } from '../../functions/generated-value/settings.ts'
import { discoverFunctions } from '../../local/functions.ts'
import { bundleFunction } from '../../local/secrets-manager/functions/bundle.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { caCertificates } from '../../shared/network/ca-certificates.ts'
import { passwordRules } from '../../shared/password.ts'
import { type Mapping, readTemplate } from '../../template/parsed.ts'
import { idOf } from '../../template/row.ts'
import { rows } from '../../template/rows.ts'
import { repositoryPath } from '../support/function-under-test.ts'
import { processRandom } from '../support/random.ts'
import { list } from './policies.ts'
import { account, deploy } from './stack.ts'

const template = readTemplate('template.yaml')
const modules = await discoverFunctions()
const ids = Object.keys(modules)
const stack = deploy(template, { AlarmEmail: 'ops@example.com', Dashboard: 'yes' })

/** What Overdue consists of, which rotates nothing. */
const ofOverdue = [
  ...['Overdue', 'OverdueRole', 'OverdueLogs', 'OverdueDaily', 'OverdueInvocation'],
  ...['SecretsNeedAttention', 'OverdueFailed'],
]

/** What a block consists of, besides the function itself: the end of the id, and the type. */
const parts = {
  Role: 'AWS::IAM::Role',
  Logs: 'AWS::Logs::LogGroup',
  Permission: 'AWS::Lambda::Permission',
  Errors: 'AWS::CloudWatch::Alarm',
  Throttles: 'AWS::CloudWatch::Alarm',
  Duration: 'AWS::CloudWatch::Alarm',
}

function propertiesOf(id: string): Mapping {
  const resource = stack.resources[id]
  if (resource === undefined) throw new Error(`The template has no ${id}.`)
  return resource.Properties
}

function variablesOf(id: string): Mapping {
  return (propertiesOf(id).Environment as Mapping).Variables as Mapping
}

function buildPropertiesOf(id: string): Mapping {
  return { ...(template.Resources[id]?.Metadata?.BuildProperties as Mapping) }
}

const bundles = new Map<string, { readonly text: string; readonly files: readonly string[] }>()
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyturn-template-'))
  for (const [id, module] of Object.entries(modules)) {
    const file = join(folder, `${id}.cjs`)
    const { inputs } = await bundleFunction(module, file)
    bundles.set(id, { text: await readFile(file, 'utf8'), files: Object.keys(inputs) })
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('every function has its block in the template, and every block its function', () => {
  it('the functions of the template are those of functions/', () => {
    const declared = Object.entries(template.Resources).filter(([, { Type }]) => Type === 'AWS::Serverless::Function')
    expect(declared.map(([id]) => id).sort()).toEqual([...ids, 'Overdue'].sort())
  })

  it.each(Object.entries(parts))('every function has its %s, and none is left over', (part, type) => {
    const found = Object.entries(template.Resources).filter(
      ([id, { Type }]) => Type === type && id.endsWith(part) && !ofOverdue.includes(id),
    )
    expect(found.map(([id]) => id.slice(0, -part.length)).sort()).toEqual(ids)
  })

  it('every resource belongs to a block or is one of those that all blocks share', () => {
    const blocks = ids.flatMap((id) => [id, ...Object.keys(parts).map((part) => id + part)])
    const shared = ['KeyUse', 'NetworkUse', 'AlarmTopic', 'AlarmTopicPolicy', 'RotationDashboard']
    const network = ['FunctionSecurityGroup', 'DatabaseIngress']
    const rules = ['RotationFailed', 'RotationAbandoned', 'TestRotationFailed']
    expect(Object.keys(template.Resources).sort()).toEqual(
      [...blocks, ...shared, ...network, ...rules, ...ofOverdue].sort(),
    )
  })

  it.each(ids)('%s has a switch that takes all of it away, and nothing else', (id) => {
    const all = { AlarmEmail: 'ops@example.com', Dashboard: 'yes' }
    const without = deploy(template, { ...all, [`With${id}`]: 'no' })
    const gone = (now: object, before: object) => Object.keys(before).filter((key) => !(key in now))
    const block = [id, ...Object.keys(parts).map((part) => id + part)]
    expect(gone(without.resources, stack.resources).sort()).toEqual(block.sort())
    expect(gone(without.outputs, stack.outputs)).toEqual([`${id}Arn`, `${id}RoleArn`])
    expect(JSON.stringify(without.resources)).not.toContain(`keyturn-${id}"`)
  })

  it.each(ids)('%s has outputs for the secrets that it rotates', (id) => {
    const arn = `arn:aws:lambda:us-east-1:${account}:function:keyturn-${id}`
    expect(stack.outputs[`${id}Arn`]).toEqual({ value: arn, exported: `keyturn-${id}Arn` })
    expect(stack.outputs[`${id}RoleArn`]?.exported).toBe(`keyturn-${id}RoleArn`)
    expect(stack.outputs[`${id}RoleArn`]?.value).toBe(propertiesOf(id).Role)
  })

  it('there is no other output', () => {
    expect(Object.keys(template.Outputs).sort()).toEqual(ids.flatMap((id) => [`${id}Arn`, `${id}RoleArn`]).sort())
  })

  it.each(ids)('Secrets Manager of this account, and nobody else, may invoke %s', (id) => {
    expect(propertiesOf(`${id}Permission`)).toEqual({
      FunctionName: `keyturn-${id}`,
      Action: 'lambda:InvokeFunction',
      Principal: 'secretsmanager.amazonaws.com',
      SourceAccount: account,
    })
  })

  it.each(ids)('%s writes to its own log group, which is kept as long as the parameter says', (id) => {
    const { LoggingConfig } = propertiesOf(id)
    expect(LoggingConfig).toEqual({ LogFormat: 'Text', LogGroup: `/aws/lambda/keyturn-${id}` })
    const { resources } = deploy(template, { LogRetentionDays: 365 })
    expect(resources[`${id}Logs`]?.Properties).toEqual({
      LogGroupName: `/aws/lambda/keyturn-${id}`,
      RetentionInDays: 365,
    })
  })

  it.each(ids)('the role of %s is for Lambda, and its own', (id) => {
    expect(propertiesOf(id).Role).toBe(`arn:aws:iam::${account}:role/keyturn-${id}Role`)
    const [statement, ...others] = (propertiesOf(`${id}Role`).AssumeRolePolicyDocument as Mapping)
      .Statement as Mapping[]
    expect(others).toEqual([])
    expect(statement).toMatchObject({ Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' })
  })

  it.each(ids)('%s is in the groups of parameters and in the dashboard', (id) => {
    const { ParameterGroups } = template.Metadata['AWS::CloudFormation::Interface'] as Mapping
    const [first] = ParameterGroups as Mapping[]
    expect(first?.Parameters).toContain(`With${id}`)
    expect(propertiesOf('RotationDashboard').DashboardBody).toContain(`SOURCE '/aws/lambda/keyturn-${id}' | `)
  })

  it('every parameter is in one group, has a description, and is used', () => {
    const { ParameterGroups } = template.Metadata['AWS::CloudFormation::Interface'] as Mapping
    const grouped = (ParameterGroups as Mapping[]).flatMap(({ Parameters }) => list(Parameters))
    expect(grouped.toSorted()).toEqual(Object.keys(template.Parameters).sort())
    const { Parameters, Rules, Metadata, ...body } = template
    for (const [name, { Description }] of Object.entries(Parameters)) {
      expect(Description).toMatch(/[.?]$/)
      expect(JSON.stringify(body)).toMatch(new RegExp(`"Ref":"${name}"|\\$\\{${name}\\}`))
    }
  })
})

describe('what is deployed is what was tested', () => {
  it.each(ids)('sam build finds the entry file of %s, and Lambda its handler', async (id) => {
    const { CodeUri, Handler } = propertiesOf(id)
    const module = relative(repositoryPath(''), modules[id] ?? '')
    expect(CodeUri).toBe(dirname(module))
    expect(Handler).toBe(`${basename(module, '.ts')}.handler`)
    expect(template.Resources[id]?.Metadata).toHaveProperty('BuildMethod', 'esbuild')
    expect(buildPropertiesOf(id)).toMatchObject({ EntryPoints: [basename(module)], OutExtension: ['.js=.cjs'] })
    // sam build would run npm on it.
    await expect(stat(repositoryPath(`${CodeUri}/package.json`))).rejects.toThrow('ENOENT')
  })

  it.each(ids)('the settings of %s give the bytes of local/secrets-manager/functions/bundle.ts', async (id) => {
    const { EntryPoints, ...others } = buildPropertiesOf(id)
    const options = Object.entries(others).flatMap(([key, value]) => esbuildOption(key, value))
    const outdir = join(folder, `sam-${id}`)
    const given = [...list(EntryPoints).map(String), ...options, '--bundle', '--platform=node', `--outdir=${outdir}`]
    const cwd = repositoryPath(String(propertiesOf(id).CodeUri))
    await promisify(execFile)(repositoryPath('node_modules/.bin/esbuild'), [...given, '--log-level=error'], { cwd })
    const entry = basename(String(list(EntryPoints)[0]), '.ts')
    const built = await readFile(join(outdir, `${entry}.cjs`), 'utf8')
    // The line that names the source map is all that there may be more.
    expect(built.replace(`//# sourceMappingURL=${entry}.cjs.map\n`, '')).toBe(bundles.get(id)?.text)
    const { sourcesContent } = JSON.parse(await readFile(join(outdir, `${entry}.cjs.map`), 'utf8'))
    expect(sourcesContent).toBeUndefined()
  })

  it('SAM loads no source map at a start', () => {
    for (const id of ids) {
      expect(buildPropertiesOf(id)).not.toHaveProperty('Sourcemap')
      expect(variablesOf(id)).not.toHaveProperty('NODE_OPTIONS')
    }
  })

  it('runtime, architecture and concurrency are as documented', () => {
    for (const row of rows) {
      const properties = propertiesOf(idOf(row))
      expect(properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Timeout: row.timeout ?? 30,
        MemorySize: row.memory ?? 256,
        Layers: [],
      })
      expect(properties).not.toHaveProperty('ReservedConcurrentExecutions')
      expect(properties).not.toHaveProperty('VpcConfig')
    }
    const intel = deploy(template, { Architecture: 'x86_64' })
    expect(ids.map((id) => intel.resources[id]?.Properties.Architectures)).toEqual(ids.map(() => ['x86_64']))
  })

  it('functions get the layers that are given, to the files of which a variable points', () => {
    const LayerArns = 'arn:aws:lambda:us-east-1:000000000000:layer:a:1,arn:aws:lambda:us-east-1:000000000000:layer:b:2'
    const { resources } = deploy(template, { LayerArns, DatabaseCaBundle: '/opt/ca.pem' })
    for (const id of ids) expect(resources[id]?.Properties.Layers).toEqual(LayerArns.split(','))
  })

  it('functions that reach into a VPC are put there when subnets and security groups are given', () => {
    const inVpc = deploy(template, { SubnetIds: 'subnet-0a1b2c3d,subnet-1a1b2c3d', SecurityGroupIds: 'sg-0a1b2c3d' })
    const wanted = { SubnetIds: ['subnet-0a1b2c3d', 'subnet-1a1b2c3d'], SecurityGroupIds: ['sg-0a1b2c3d'] }
    const configs = rows.map((row) => inVpc.resources[idOf(row)]?.Properties.VpcConfig)
    expect(configs).toEqual(rows.map(({ vpc }) => (vpc ? wanted : undefined)))
  })

  it('the version is that of package.json, and the files it names are there', async () => {
    const about = template.Metadata['AWS::ServerlessRepo::Application'] as Mapping
    expect(about.SemanticVersion).toBe(packageJson.version)
    expect(about.SpdxLicenseId).toBe(packageJson.license)
    // sam package uploads them.
    for (const file of [about.LicenseUrl, about.ReadmeUrl]) await stat(repositoryPath(String(file)))
  })
})

describe('environment variables', () => {
  const inherited = Object.keys((template.Globals.Function.Environment as Mapping).Variables as Mapping)

  async function readBy(id: string): Promise<string[]> {
    const files = (bundles.get(id)?.files ?? []).filter((file) => /^(shared|functions)\//.test(file))
    const texts = await Promise.all(files.map((file) => readFile(repositoryPath(file), 'utf8')))
    const names = texts.flatMap((text) =>
      [...text.matchAll(/(?:\benv\.|\b(?:wholeNumber|oneOf)\(')([A-Z][A-Z0-9_]*)/g)].map(([, name = '']) => name),
    )
    // AWS_ is what Lambda sets.
    return [...new Set(names)].filter((name) => !name.startsWith('AWS_')).sort()
  }

  it.each(ids)('%s declares all that its code reads, and reads all that it declares', async (id) => {
    expect(Object.keys(variablesOf(id)).sort()).toEqual(await readBy(id))
  })

  it('all functions read the variables that all inherit', async () => {
    for (const id of ids) expect(await readBy(id)).toEqual(expect.arrayContaining(inherited))
  })

  it.each(ids)('each variable of %s is the parameter of its name', (id) => {
    const written = [template.Globals.Function, template.Resources[id]?.Properties ?? {}]
    const entries = written.flatMap(({ Environment }) =>
      Object.entries(((Environment as Mapping)?.Variables ?? {}) as Mapping),
    )
    for (const [name, value] of entries) {
      const parameter = name.toLowerCase().replaceAll(/(?:^|_)(.)/g, (_, first: string) => first.toUpperCase())
      const given = template.Parameters[parameter]?.Type === 'CommaDelimitedList'
      expect(value).toEqual(given ? { 'Fn::Join': [',', { Ref: parameter }] } : { Ref: parameter })
    }
  })

  it.each(ids)('with the defaults of the template %s does the same as without any variable', async (id) => {
    const env = Object.fromEntries(Object.entries(variablesOf(id)).map(([name, value]) => [name, String(value)]))
    expect(passwordRules(env)).toEqual(passwordRules({}))
    expect(settings(env).fields).toEqual(settings({}).fields)
    expect(settings(env).generate(processRandom)).toHaveLength(settings({}).generate(processRandom).length)
    expect(env.DATABASE_CA_BUNDLE ?? '').toBe('')
    expect(env.SECRETS_MANAGER_ENDPOINT).toBe('')
    expect(env.POSTGRES_PASSWORD_FORMAT ?? '').not.toBe('cleartext')
    expect((await caCertificates(env.DATABASE_CA_BUNDLE)).length).toBeGreaterThan(100)
  })
})

/** As Lambda Builders makes them (aws_lambda_builders, EsbuildCommandBuilder): a Boolean is a flag, a list repeats it. */
function esbuildOption(key: string, value: unknown): string[] {
  const option = `--${key.replaceAll(/(?<=.)[A-Z]/g, '-$&').toLowerCase()}`
  if (typeof value === 'boolean') return value ? [option] : []
  return Array.isArray(value) ? value.map((item) => `${option}:${item}`) : [`${option}=${value}`]
}
