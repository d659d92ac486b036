import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inject } from 'vitest'

const run = promisify(execFile)

/**
 * Unpacks a zip of the release as Lambda does, in a folder with no package around it. Python does it, which has not packed it.
 * @param id the function
 */
export async function unpacked(id: string): Promise<{ readonly folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-unpacked-'))
  await run('python3', ['-m', 'zipfile', '-e', join(inject('release'), `${id}.zip`), folder])
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}
