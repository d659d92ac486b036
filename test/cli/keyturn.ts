import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { bundleCommand } from '../../cli/bundle.ts'

/** The command as it is delivered, which starts several times as fast as its sources. */
let main: string
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyturn-command-'))
  main = join(folder, 'keyturn.mjs')
  await bundleCommand(main)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

export interface Asked {
  /** Where AWS is. */
  readonly endpoint: string
  /** The access key that it signs its calls with, so that they can be told from others. */
  readonly caller?: string
  /** How far the command's clock is ahead, in milliseconds. */
  readonly aheadMs?: number
  readonly env?: Readonly<Record<string, string>>
}

/** The variables of a shell that asks the laptop's Secrets Manager. */
export function shellFor({ endpoint, caller = 'operator', env = {} }: Asked): Record<string, string> {
  const credentials = { AWS_ACCESS_KEY_ID: caller, AWS_SECRET_ACCESS_KEY: 'local' }
  const nothing = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' }
  const path = process.env.PATH ?? ''
  return { PATH: path, AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'us-east-1', ...credentials, ...nothing, ...env }
}

/** What starts the command, with a clock of its own where it is to be ahead. */
export function commandLine(args: readonly string[], aheadMs = 0): string[] {
  const clock = `const now = Date.now; Date.now = () => now() + ${aheadMs}`
  const ahead = aheadMs === 0 ? [] : ['--import', `data:text/javascript,${encodeURIComponent(clock)}`]
  return [...ahead, main, ...args]
}

/** Starts the command in a pipe; it ends with the test at the latest. */
export function startKeyturn(args: readonly string[], asked: Asked) {
  const child = spawn(process.execPath, commandLine(args, asked.aheadMs), { env: shellFor(asked) })
  onTestFinished(() => void child.kill('SIGKILL'))
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (text) => (output.stdout += text))
  child.stderr.on('data', (text) => (output.stderr += text))
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { child, output, exit }
}

/** Runs the command in a pipe to its end. */
export async function keyturn(args: readonly string[], asked: Asked) {
  const { output, exit } = startKeyturn(args, asked)
  const code = await exit
  const lines = output.stdout.split('\n').slice(0, -1)
  return { code, ...output, lines, json: () => lines.map((line) => JSON.parse(line)) }
}
