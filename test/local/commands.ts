import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'

const script = (name: string) => fileURLToPath(new URL(`../../local/commands/${name}.ts`, import.meta.url))

/** Starts a script of local/commands/ in a folder of its own and collects what it prints; it ends with the test at the latest. */
export async function start(name: string, args: readonly string[], cwd?: string, env: object = {}) {
  const folder = cwd ?? (await temporaryFolder())
  const child = spawn(process.execPath, [script(name), ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (text) => (output.stdout += text))
  child.stderr.on('data', (text) => (output.stderr += text))
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve))
  const lines = () => output.stdout.split('\n').slice(0, -1)
  return { child, folder, output, exit, lines, json: () => lines().map((line) => JSON.parse(line)) }
}

/** Runs a script to its end. */
export async function run(name: string, args: readonly string[], cwd?: string, env: object = {}) {
  const { output, exit } = await start(name, args, cwd, env)
  return { code: await exit, ...output }
}
