import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inCache, madeOnce } from '../../local/servers/made-once.ts'

const run = promisify(execFile)

/**
 * A Python with one package or several and what these need, in the user's cache: made the first time it is asked for.
 * @param requirements pinned, for instance `jupyterhub==6.1.1`
 * @returns the path of its `python`
 * @throws Error that says how to install it, where it cannot be had
 */
export async function pythonWith(...requirements: readonly [string, ...string[]]): Promise<string> {
  const all = requirements.join(' ')
  const folder = await madeOnce(inCache('python', all.replaceAll(/[^\w.]+/g, '-')), async (half) => {
    try {
      // Debian's Python has no pip of its own, and lets none install beside it; a virtual environment has one. It works
      // under another name, too: only the programs in bin/ have its path in them.
      await run('python3', ['-m', 'venv', half])
      await run(join(half, 'bin', 'python'), [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        ...requirements,
      ])
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new Error(`${all} cannot be had. "python3 -m venv v && v/bin/pip install ${all}" makes it: ${why}`)
    }
  })
  return join(folder, 'bin', 'python')
}
