import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { bundleFunction } from '../../local/secrets-manager/functions/bundle.ts'

/** A function bundled as it is deployed, which starts several times as fast as its sources. */
export async function bundled(module: string): Promise<{ readonly path: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-bundle-'))
  const path = join(folder, `${basename(module, '.ts')}.cjs`)
  await bundleFunction(module, path)
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}
