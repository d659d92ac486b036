import { execFile } from 'node:child_process'
import { hostname } from 'node:os'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** What each container of a run carries, with the name of the run. */
export const label = 'keyturn.test-containers'

const here = `keyturn-test-${hostname().replaceAll(/[^\w.-]/g, '')}`

/** The run of this process. Its network has the same name. */
export const runName = `${here}-${process.pid}`

/** Runs the Docker CLI and gives what it prints. */
export async function docker(...args: readonly string[]): Promise<string> {
  return (await execute('docker', args, { maxBuffer: 2 ** 26 })).stdout
}

/**
 * What keeps the container tests from running on this machine, as a sentence for people.
 * @returns undefined if nothing does
 */
export async function whatIsMissing(): Promise<string | undefined> {
  try {
    await docker('version', '--format', '{{.Server.Version}}')
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n').at(-1) : ''
    const why = said || 'there is no program docker on the PATH'
    return `The container tests need a Docker engine, and none answers here (${why}). npm test needs none.`
  }
  const programs = { sam: 'the AWS SAM CLI (pip install aws-sam-cli)', aws: 'the AWS CLI (pip install awscli)' }
  for (const [program, what] of Object.entries(programs)) {
    const answers = await execute(program, ['--version']).then(
      () => true,
      () => false,
    )
    if (!answers) return `The container tests need ${what}: there is no program ${program} on the PATH.`
  }
  return undefined
}

/** Makes the network that the containers of this run share. */
export async function createNetwork(): Promise<void> {
  await docker('network', 'create', '--label', `${label}=${runName}`, runName)
}

/**
 * Removes all that a run has left: its containers, those that LocalStack and SAM have started for functions (these have
 * the label or are in the network), and the network. Repeating it does no harm.
 */
export async function removeRun(run: string): Promise<void> {
  const listed = async (filter: string) => (await docker('ps', '-aq', '--filter', filter)).split('\n').filter(Boolean)
  // Again and again: LocalStack may have been about to start one more.
  for (;;) {
    const found = [...(await listed(`label=${label}=${run}`)), ...(await listed(`network=${run}`))]
    if (found.length === 0) break
    // One that is gone by now, or being removed by someone else, is no failure.
    await docker('rm', '-f', '-v', ...new Set(found)).catch(() => undefined)
  }
  await docker('network', 'rm', run).catch(() => undefined)
}

/** Removes what earlier runs on this machine have left whose process has ended without a chance to clean up. */
export async function removeLeftovers(): Promise<void> {
  const networks = await docker('network', 'ls', '--filter', `label=${label}`, '--format', '{{.Name}}')
  for (const name of networks.split('\n')) {
    const [, pid] = /^(?:.+)-(\d+)$/.exec(name) ?? []
    if (pid !== undefined && name === `${here}-${pid}` && !isRunning(Number(pid))) await removeRun(name)
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
