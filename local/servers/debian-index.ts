import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'

/** A package as a suite's index describes it. */
export interface DebianPackage {
  readonly name: string
  readonly version: string
  /** The .deb, relative to the mirror. */
  readonly path: string
  readonly sha256: string
}

interface Stanza extends DebianPackage {
  readonly section: string
  /** An entry for each dependency: the names of packages, any of which satisfies it. */
  readonly depends: readonly (readonly string[])[]
}

export interface Suite {
  readonly mirror: string
  /** Debian's name, for instance `bookworm`. */
  readonly name: string
  readonly architecture: 'amd64' | 'arm64'
}

/**
 * Asks a mirror which packages some packages need to run from a folder of their own: themselves and the shared
 * libraries they depend on, and what these depend on. What an installation would need besides (perl, adduser, …) is left
 * out.
 * @throws Error where the mirror does not answer, does not have a package, or gives another index than the one that
 *   its Release file names
 */
export async function withLibraries(suite: Suite, names: readonly string[]): Promise<DebianPackage[]> {
  const stanzas = parseIndex(await packagesIndex(suite))
  const found = new Map<string, Stanza>()
  const add = (name: string) => {
    const stanza = stanzas.get(name)
    if (stanza === undefined) throw new Error(`Debian ${suite.name} has no package ${name} for ${suite.architecture}.`)
    if (found.has(name)) return
    found.set(name, stanza)
    for (const alternatives of stanza.depends) {
      const first = alternatives.find((each) => stanzas.has(each))
      if (first !== undefined && /libs$/.test(stanzas.get(first)?.section ?? '')) add(first)
    }
  }
  for (const name of names) add(name)
  return [...found.values()].map(({ name, version, path, sha256 }) => ({ name, version, path, sha256 }))
}

/** @throws Error with the URL where the download fails or its hash is another one */
export async function download(url: string, sha256?: string): Promise<Buffer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(300_000) }).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    throw new Error(`${url} can't be reached: ${cause}`)
  })
  if (!response.ok) throw new Error(`${url} cannot be downloaded: HTTP ${response.status}`)
  const content = Buffer.from(await response.arrayBuffer())
  if (sha256 !== undefined && createHash('sha256').update(content).digest('hex') !== sha256) {
    throw new Error(`${url} is not what its index says: its SHA-256 is not ${sha256}.`)
  }
  return content
}

/**
 * The suite's list of packages. Its hash is in the Release file, and the hash of each package in the list, so one file
 * vouches for all. That file's own signature is not checked: the mirror's TLS certificate says who sent it, and
 * nothing does where DEBIAN_MIRROR is an http:// address.
 */
async function packagesIndex({ mirror, name, architecture }: Suite): Promise<string> {
  const release = await download(`${mirror}/dists/${name}/Release`)
  const folder = `main/binary-${architecture}`
  const [, sha256] = new RegExp(`^ ([0-9a-f]{64}) +\\d+ ${folder}/Packages\\.gz$`, 'm').exec(release.toString()) ?? []
  if (sha256 === undefined) throw new Error(`${mirror}/dists/${name}/Release has no ${folder}/Packages.gz.`)
  // By its hash, because the file of that name may be a newer one by now.
  const packed = await download(`${mirror}/dists/${name}/${folder}/by-hash/SHA256/${sha256}`, sha256)
  return gunzipSync(packed).toString()
}

/** Format: Debian Policy, chapter 5, and the repository format of the Debian wiki. */
function parseIndex(text: string): Map<string, Stanza> {
  const stanzas = new Map<string, Stanza>()
  for (const lines of text.split('\n\n')) {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(lines)?.[1] ?? ''
    const name = field('Package')
    // A suite that keeps several versions of a package lists them all: any one will do.
    if (name === '' || stanzas.has(name)) continue
    const depends = [field('Pre-Depends'), field('Depends')].flatMap((list) => list.split(','))
    stanzas.set(name, {
      name,
      version: field('Version'),
      path: field('Filename'),
      sha256: field('SHA256'),
      section: field('Section'),
      depends: depends.map((each) => each.split('|').map((one) => one.trim().replace(/[ (:].*$/, ''))),
    })
  }
  return stanzas
}
