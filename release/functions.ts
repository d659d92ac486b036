import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { discoverFunctions, overdueModule } from '../local/functions.ts'
import { functionFolder } from '../local/secrets-manager/functions/bundle.ts'
import { noticeOf } from './notice.ts'
import { type BundledPackage, packagesIn } from './packages.ts'
import { zipOf } from './zip.ts'

/** The checkout that the release is made of. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** A function, packed for Lambda. */
export interface BundledFunction {
  /** The function's name in the template. */
  readonly id: string
  readonly zip: Uint8Array
  readonly packages: readonly BundledPackage[]
}

/**
 * Bundles every function as `sam build` does, and adds the licences of the packages in it.
 * @throws Error of esbuild, and where a package must not be passed on (licences.ts)
 */
export async function bundledFunctions(version: string): Promise<readonly BundledFunction[]> {
  const found: BundledFunction[] = []
  for (const [id, entry] of Object.entries({ ...(await discoverFunctions()), Overdue: overdueModule })) {
    const { files, metafile } = await functionFolder(entry, root)
    const packages = await packagesIn(metafile, root)
    const notice = await noticeOf({ id, version, root, packages })
    found.push({ id, packages, zip: zipOf({ ...files, NOTICE: Buffer.from(notice) }) })
  }
  return found
}

/** A zip's CodeSha256, as Lambda reports it: in base64. */
export function codeSha256(zip: Uint8Array): string {
  return createHash('sha256').update(zip).digest('base64')
}
