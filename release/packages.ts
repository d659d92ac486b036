import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'

/** A package of npm that has code in a bundle. */
export interface BundledPackage {
  readonly name: string
  readonly version: string
  /** An identifier or an expression of SPDX. */
  readonly license: string
  /** Its folder, from the root: `node_modules/pg`. */
  readonly folder: string
  /** The hash of its tarball, from package-lock.json: `sha512-...`. */
  readonly integrity: string | undefined
  /** The folders of the packages that it imports, of those in the bundle. */
  readonly imports: readonly string[]
}

/** package.json of a package; `licenses` is how it was written until 2014, and some still do. */
interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string | { readonly type: string }
  readonly licenses?: readonly { readonly type: string }[]
}

/**
 * @param metafile of the bundle, with paths that begin at the root
 * @returns the packages with at least a byte in the bundle, by name
 * @throws Error where a package is not in package-lock.json: then nobody knows what was installed
 */
export async function packagesIn({ inputs, outputs }: Metafile, root: string): Promise<readonly BundledPackage[]> {
  const used = Object.values(outputs).flatMap((output) =>
    Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  )
  const imports = new Map<string, Set<string>>()
  for (const path of used) {
    const folder = folderOf(path)
    if (folder === undefined) continue
    const known = imports.get(folder) ?? new Set()
    for (const each of inputs[path]?.imports ?? []) known.add(folderOf(each.path) ?? folder)
    imports.set(folder, known)
  }
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'))
  const found = await Promise.all(
    [...imports].map(async ([folder, targets]): Promise<BundledPackage> => {
      const manifest: Manifest = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'))
      const { name, version } = manifest
      const locked: { version: string; integrity?: string } | undefined = lock.packages[folder]
      if (locked?.version !== version)
        throw new Error(`${name} ${version} is installed, and package-lock.json has ${locked?.version}: run npm ci.`)
      const others = [...targets].filter((target) => target !== folder && imports.has(target)).sort()
      return { name, version, license: licenseOf(manifest), folder, integrity: locked.integrity, imports: others }
    }),
  )
  return found.sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1))
}

/** The folder of the package that a file belongs to; undefined for our own files. */
function folderOf(path: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0]
}

function licenseOf({ license, licenses = [] }: Manifest): string {
  if (typeof license === 'string') return license
  return license?.type ?? licenses.map(({ type }) => type).join(' OR ')
}

/** A package's texts about its licence. */
export interface LicenceTexts {
  readonly texts: readonly string[]
  /** Whether the texts are files of their own; else they are the README's section about the licence, if there is one. */
  readonly areFiles: boolean
}

/** @param folder the package's folder */
export async function licenceTexts(folder: string): Promise<LicenceTexts> {
  const names = (await readdir(folder)).sort()
  const read = async (name: string) => (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n').trim()
  const files = names.filter((name) => /^(licen[cs]e|copying|notice)(\.\w+)?$/i.test(name))
  if (files.length > 0) return { texts: await Promise.all(files.map(read)), areFiles: true }
  const readme = names.find((name) => /^readme(\.\w+)?$/i.test(name))
  const [, ...sections] = (readme === undefined ? '' : await read(readme)).split(/^#+ /m)
  const own = sections.find((section) => /^licen[cs]e/i.test(section))
  const text = own?.slice(own.indexOf('\n')).trim()
  return { texts: text ? [text] : [], areFiles: false }
}
