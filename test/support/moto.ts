import { type ChildProcess, execFile } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '../../local/servers/free-port.ts'
import { guardedServer } from '../../local/servers/guarded-server.ts'

/** The emulator of AWS for all services but Secrets Manager: https://docs.getmoto.org */
const version = '5.2.1'
const python = 'python3'
const run = promisify(execFile)

/**
 * Starts a moto of a suite's own. It is installed into the user's cache the first time, unless the machine's Python has
 * this very version.
 * @param settings variables of its own
 * @throws Error that says how to install it, where it cannot be had
 */
export async function startMoto(
  settings: Readonly<Record<string, string>> = {},
): Promise<{ readonly endpoint: string } & AsyncDisposable> {
  const folder = (await isInstalled()) ? undefined : await installed()
  const port = await freePort()
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...settings, ...(folder && { PYTHONPATH: folder }) }
  const place = await mkdtemp(join(tmpdir(), 'keyturn-moto-'))
  const command = [python, '-m', 'moto.server', '-H', '127.0.0.1', '-p', `${port}`]
  // Many a file leaves it to the end of its process, which may be a kill.
  const server = guardedServer(place, 'KILL', command, env, {})
  const said = { text: '' }
  server.process.stderr?.on('data', (chunk: Buffer) => {
    said.text = (said.text + chunk.toString()).slice(-4_000)
  })
  const endpoint = `http://127.0.0.1:${port}`
  await answering(endpoint, server.process, said)
  return { endpoint, [Symbol.asyncDispose]: () => server.end() }
}

async function isInstalled(): Promise<boolean> {
  const ask = 'import moto, flask; print(moto.__version__)'
  const answer = await run(python, ['-c', ask]).catch(() => undefined)
  return answer?.stdout.trim() === version
}

/** @returns the folder of the packages, in the user's cache */
async function installed(): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'keyturn')
  const folder = join(cache, `moto-${version}`)
  if (await stat(folder).catch(() => undefined)) return folder
  await mkdir(cache, { recursive: true })
  const half = await mkdtemp(`${folder}-`)
  try {
    // Debian's Python has no pip of its own, and lets none install beside it; a virtual environment has one.
    await run(python, ['-m', 'venv', join(half, 'environment')])
    const options = ['--quiet', '--disable-pip-version-check', '--target', join(half, 'packages')]
    await run(join(half, 'environment', 'bin', 'pip'), ['install', ...options, `moto[server]==${version}`])
    // Renamed when it is whole; another process that was as fast has made the same.
    await rename(join(half, 'packages'), folder).catch(() => undefined)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`moto ${version} cannot be had. "pip install moto[server]==${version}" makes it: ${why}`)
  } finally {
    await rm(half, { recursive: true, force: true })
  }
  return folder
}

async function answering(endpoint: string, server: ChildProcess, said: { readonly text: string }): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (server.exitCode !== null) break
    const answer = await fetch(`${endpoint}/moto-api/`).catch(() => undefined)
    await answer?.arrayBuffer()
    if (answer?.ok) return
    await sleep(100)
  }
  throw new Error(`moto did not start: ${said.text}`)
}
