import { execFile } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import { root } from './secrets.ts'

const execute = promisify(execFile)
/** Of this machine, as Lambda names it. */
export const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64'

/** The functions of this repository, built by SAM. */
export interface BuiltFunctions {
  /**
   * Deploys the template into LocalStack.
   * @returns the ARN of each function by its name in the template
   */
  deploy(stack: string, parameters: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>>
  /** Runs a function once in Lambda's own image, in the containers' network, and gives all that was printed. */
  invoke(id: string, event: object): Promise<string>
}

/** The variables of a shell that takes LocalStack for AWS, and has the programs of the repository. */
export function localstackShell(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH}`,
    SAM_CLI_TELEMETRY: '0',
    AWS_ENDPOINT_URL: inject('containers').localstack.endpoint,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  }
}

/** `sam build`, away from the build that is in the repository's folder. */
export async function samBuild(): Promise<BuiltFunctions> {
  const { ca, folder: runFolder, localstack, network } = inject('containers')
  const folder = await mkdtemp(join(runFolder, 'sam-'))
  const built = join(folder, 'build', 'template.yaml')
  const config = join(folder, 'samconfig.toml')
  const env = localstackShell()

  async function sam(command: string, options: Readonly<Record<string, unknown>>, ...args: string[]): Promise<string> {
    // A file, because a certificate is more than one line; and not the repository's, which is about a laptop's server.
    const lines = Object.entries(options).map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
    const section = command.replaceAll(/\W/g, '_')
    const file = `${config}.${section}.${lines.length}.toml`
    await writeFile(file, ['version = 0.1', `[default.${section}.parameters]`, ...lines, ''].join('\n'))
    const all = [...command.split(' '), ...args, '--config-file', file]
    try {
      const { stdout, stderr } = await execute('sam', all, { cwd: root, env, maxBuffer: 2 ** 26 })
      return stdout + stderr
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
      throw new Error(`sam ${command} failed:\n${(stdout + stderr).slice(-4_000)}`)
    }
  }

  await sam('build', {
    build_dir: join(folder, 'build'),
    cache_dir: join(folder, 'cache'),
    build_in_source: true,
    parallel: true,
    parameter_overrides: [`Architecture=${architecture}`],
  })

  return {
    async deploy(stack, parameters) {
      const values = Object.entries({ ...parameters, Architecture: architecture })
      await sam('deploy', {
        template_file: built,
        stack_name: stack,
        resolve_s3: true,
        confirm_changeset: false,
        capabilities: 'CAPABILITY_IAM',
        parameter_overrides: values.map(([name, value]) => `${name}="${value}"`),
      })
      const outputs = await sam('list stack-outputs', { stack_name: stack, output: 'json' })
      const found = [...outputs.matchAll(/"OutputKey": "(\w+)Arn",\s+"OutputValue": "([^"]+:function:[^"]+)"/g)]
      return Object.fromEntries(found.map(([, id, arn]) => [id, arn]))
    },
    async invoke(id, event) {
      const [eventFile, variables] = [join(folder, `${id}.event.json`), join(folder, `${id}.env.json`)]
      const values = { SECRETS_MANAGER_ENDPOINT: localstack.inside, DATABASE_CA_BUNDLE: ca }
      await writeFile(eventFile, JSON.stringify(event))
      await writeFile(variables, JSON.stringify({ [id]: values }))
      const options = { docker_network: network, skip_pull_image: true, env_vars: variables, event: eventFile }
      const overrides = { template_file: built, parameter_overrides: [`Architecture=${architecture}`] }
      return await sam('local invoke', { ...options, ...overrides }, id)
    },
  }
}
