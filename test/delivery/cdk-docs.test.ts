import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  DatabaseCluster,
  DatabaseClusterEngine,
} from 'aws-cdk-lib/aws-rds'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { repositoryPath } from '../support/function-under-test.ts'
import { appWith, outdir, vpcIn, zipOf } from './cdk-support.ts'

let folder: string
const files: string[] = []
beforeAll(async () => {
  // Inside the repository, where the packages are.
  await mkdir(repositoryPath('.keyturn'), { recursive: true })
  folder = await mkdtemp(repositoryPath('.keyturn/cdk-'))
  const page = await readFile(repositoryPath('docs/cdk.md'), 'utf8')
  for (const [, code = ''] of page.matchAll(/^```ts\n(.*?)^```$/gms)) {
    const file = join(folder, `example-${files.length}.ts`)
    await writeFile(file, asHere(code))
    files.push(file)
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The package's name and the zips in it are those of the checkout; what the first block makes can be looked at. */
function asHere(code: string): string {
  return code
    .replaceAll("'keyturn/cdk'", `'${repositoryPath('cdk/rotation-function.ts')}'`)
    .replaceAll(/function: '(\w+)',/g, (line, id: string) => `${line} zip: '${zipOf(id)}',`)
    .replace('new App()', `new App({ outdir: '${outdir()}' })`)
    .replace('const stack =', 'export const stack =')
}

describe('docs/cdk.md', () => {
  it('has examples that compile', async () => {
    expect(files).toHaveLength(2)
    // Nothing of aws-cdk-lib compiles with exactOptionalPropertyTypes.
    const compilerOptions = { exactOptionalPropertyTypes: false }
    const config = { extends: repositoryPath('tsconfig.json'), compilerOptions, files, exclude: [] }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
    await promisify(execFile)(repositoryPath('node_modules/.bin/tsc'), ['-p', folder]).catch((error) => {
      throw new Error(error.stdout)
    })
  })

  it('rotates the login of a database that it makes', async () => {
    const { stack } = (await import(pathToFileURL(String(files[0])).href)) as { stack: Stack }
    const template = Template.fromStack(stack)
    template.resourceCountIs('AWS::Lambda::Function', 1)
    template.hasResourceProperties('AWS::SecretsManager::RotationSchedule', {
      RotationRules: { ScheduleExpression: 'cron(0 3 1 * ? *)', Duration: '3h' },
      RotateImmediatelyOnUpdate: false,
    })
  })

  it('rotates several logins with one function that reads their superuser', async () => {
    const { RotationStack } = await import(pathToFileURL(String(files[1])).href)
    const app = appWith()
    const base = new Stack(app, 'Base')
    const vpc = vpcIn(base)
    const version = AuroraPostgresEngineVersion.VER_16_6
    const engine = DatabaseClusterEngine.auroraPostgres({ version })
    const cluster = new DatabaseCluster(base, 'Cluster', {
      engine,
      vpc,
      writer: ClusterInstance.serverlessV2('Writer'),
    })
    const stack = new RotationStack(app, 'Rotation', { vpc, cluster, superuser: cluster.secret })
    const template = Template.fromStack(stack)
    template.resourceCountIs('AWS::SecretsManager::RotationSchedule', 2)
    template.resourceCountIs('AWS::Lambda::Function', 1)
    expect(stack.dependencies).toContain(base)
  })
})
