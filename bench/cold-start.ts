import { spawnSync } from 'node:child_process'
import { median } from './statistics.ts'

export interface ColdStartFigures {
  readonly functionId: string
  /** Medians from the start of the process to its first answer, in milliseconds, and of the ratios of pairs. */
  readonly functionMs: number
  readonly bareMs: number
  readonly ratio: number
  /** Peak resident memory, in MiB. */
  readonly functionMiB: number
  readonly bareMiB: number
}

const bare = 'process.stdout.write(String(process.resourceUsage().maxRSS))'
// The program answers a malformed event: it loads and makes everything, and waits for no network.
const load = `
const write = process.stdout.write.bind(process.stdout)
process.stdout.write = process.stderr.write = () => true
require(process.argv[1]).handler({}, { awsRequestId: 'bench', getRemainingTimeInMillis: () => 30000 }).catch(({ name }) => {
  if (name !== 'InvalidEvent') process.exit(1)
  write(String(process.resourceUsage().maxRSS))
  process.exit(0)
})`

/** Starts a bundle and a Node without any program in turn, each in a process of its own. */
export function measureColdStart(functionId: string, bundle: string, pairs: number): ColdStartFigures {
  const runs = Array.from({ length: pairs + 2 }, () => ({ function: start(load, bundle), bare: start(bare) })).slice(2)
  return {
    functionId,
    functionMs: median(runs.map((run) => run.function.ms)),
    bareMs: median(runs.map((run) => run.bare.ms)),
    ratio: median(runs.map((run) => run.function.ms / run.bare.ms)),
    functionMiB: median(runs.map((run) => run.function.maxRss / 1024)),
    bareMiB: median(runs.map((run) => run.bare.maxRss / 1024)),
  }
}

function start(code: string, ...args: string[]): { ms: number; maxRss: number } {
  const env = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench' }
  const began = performance.now()
  const { status, stdout } = spawnSync(process.execPath, ['-e', code, ...args], { env, encoding: 'utf8' })
  const ms = performance.now() - began
  if (status !== 0 || stdout === '') throw new Error(`a process ended with ${status}`)
  return { ms, maxRss: Number(stdout) }
}
