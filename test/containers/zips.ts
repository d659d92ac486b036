import { execFile } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { bundledFunctions } from '../../release/functions.ts'
import { templates } from '../../release/template.ts'
import { zips } from '../../release/zips.ts'
import { architecture, localstackShell } from './sam.ts'

const execute = promisify(execFile)

/**
 * Deploys the zips of a release into LocalStack by the commands of docs/releases.md, without SAM.
 * @returns the ARN of each function by its name in the template
 */
export async function deployZips(
  stack: string,
  parameters: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const { folder: runFolder } = inject('containers')
  const folder = await mkdtemp(join(runFolder, 'zips-'))
  const { version } = packageJson
  const functions = await bundledFunctions(version)
  for (const part of [zips, templates]) await part.make({ folder, version, functions })

  async function aws(...args: string[]): Promise<string> {
    try {
      return (await execute('aws', args, { cwd: folder, env: localstackShell(), maxBuffer: 2 ** 26 })).stdout
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
      throw new Error(`aws ${args.slice(0, 2).join(' ')} failed:\n${(stdout + stderr).slice(-4_000)}`)
    }
  }
  const bucket = `${stack}-zips`
  const packaged = join(folder, 'packaged.yaml')
  const values = Object.entries({ ...parameters, Architecture: architecture }).map(
    ([name, value]) => `${name}=${value}`,
  )
  await aws('s3', 'mb', `s3://${bucket}`)
  await aws(
    ...['cloudformation', 'package', '--template-file', 'template.yaml'],
    ...['--s3-bucket', bucket, '--output-template-file', packaged],
  )
  await aws(
    ...['cloudformation', 'deploy', '--template-file', packaged, '--stack-name', stack],
    ...['--s3-bucket', bucket, '--capabilities', 'CAPABILITY_IAM', '--parameter-overrides', ...values],
  )
  const about = await aws('cloudformation', 'describe-stacks', '--stack-name', stack, '--output', 'json')
  const [{ Outputs }]: [{ Outputs: { OutputKey: string; OutputValue: string }[] }] = JSON.parse(about).Stacks
  const arns = Outputs.filter(({ OutputValue }) => OutputValue.includes(':function:'))
  return Object.fromEntries(arns.map(({ OutputKey, OutputValue }) => [OutputKey.replace(/Arn$/, ''), OutputValue]))
}
