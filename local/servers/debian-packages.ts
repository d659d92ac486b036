import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { arch, platform } from 'node:os'
import { join } from 'node:path'
import { type DebianPackage, download, type Suite, withLibraries } from './debian-index.ts'
import { inCache, madeOnce } from './made-once.ts'

/** Packages of one Debian suite, unpacked into a folder with all the libraries they need. */
export interface UnpackedPackages {
  readonly folder: string
  /** Versions by package, as Debian writes them: `1:10.11.18-0+deb12u1`. */
  readonly versions: Readonly<Record<string, string>>
}

const architectures = { x64: 'amd64', arm64: 'arm64' } as const
const versionsFile = 'versions.json'
// Releases that Debian no longer looks after move to the archive.
const mirrors = 'https://deb.debian.org/debian https://archive.debian.org/debian'

/**
 * Downloads packages and their libraries, once, into a cache (`$XDG_CACHE_HOME/keyturn/debian`, else
 * `~/.cache/keyturn/debian`). Nothing on the system is touched, and root is not needed. The cache is used as it
 * is: to get newer packages, remove the folder. They come from Debian, or from DEBIAN_MIRROR: one mirror's address,
 * or several with spaces between them, of which the first that has the suite is used.
 * @param suite Debian's name, for instance `bookworm`
 * @param names the packages that are wanted for themselves
 * @throws Error which says what to do where Debian has no programs for this machine, or a tool is missing
 */
export async function unpackedPackages(suite: string, names: readonly string[]): Promise<UnpackedPackages> {
  const architecture = architectures[arch() as keyof typeof architectures]
  if (platform() !== 'linux' || architecture === undefined) {
    throw new Error(
      `Servers from Debian packages run on Linux with x86-64 or ARM64, not on ${platform()} ${arch()}. With Docker, npm run test:containers has servers in containers.`,
    )
  }
  const name = `${suite}-${architecture}-${names[0]}`
  const folder = await madeOnce(inCache('debian', name), async (half) => {
    process.stderr.write(`${names[0]} and its libraries are downloaded from Debian, this once…\n`)
    const { mirror, packages } = await firstMirror(suite, architecture, names)
    for (const each of packages) await unpack(each, mirror, half)
    const versions = Object.fromEntries(packages.map((each) => [each.name, each.version]))
    await writeFile(join(half, versionsFile), JSON.stringify(versions))
  })
  const versions = JSON.parse(await readFile(join(folder, versionsFile), 'utf8')) as Record<string, string>
  return { folder, versions }
}

async function firstMirror(suite: string, architecture: Suite['architecture'], names: readonly string[]) {
  const failures: string[] = []
  for (const address of (process.env.DEBIAN_MIRROR || mirrors).trim().split(/\s+/)) {
    const mirror = address.replace(/\/+$/, '')
    try {
      return { mirror, packages: await withLibraries({ mirror, name: suite, architecture }, names) }
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error))
    }
  }
  const advice = 'Set DEBIAN_MIRROR to a mirror that can be reached (behind a proxy, NODE_USE_ENV_PROXY=1 as well)'
  throw new Error(`${failures.join('\n')}\n${advice}; with Docker, npm run test:containers has servers in containers.`)
}

/** Only the files: a package's own programs for its installation are never run. */
async function unpack({ name, path, sha256 }: DebianPackage, mirror: string, into: string): Promise<void> {
  const content = await download(`${mirror}/${path}`, sha256)
  const file = join(into, `${name}.deb`)
  await writeFile(file, content)
  // Other Linux systems have ar and tar instead of dpkg-deb; the newest tar knows each compression that Debian uses.
  const byHand = 'ar p "$0" "$(ar t "$0" | grep ^data.tar)" | tar -x -C "$1" --"$(ar t "$0" | sed -n s/^data.tar.//p)"'
  const tried = await run('dpkg-deb', ['-x', file, into])
  const failed = tried === 'missing' ? await run('sh', ['-c', byHand, file, into]) : tried
  if (failed !== undefined) throw new Error(`${name} can't be unpacked with dpkg-deb, nor with ar and tar: ${failed}`)
  await rm(file)
}

/** Runs a command. @returns why it failed; undefined where it did not */
async function run(command: string, args: readonly string[]): Promise<string | undefined> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  return once(child, 'close').then(
    ([code]) => (code === 0 ? undefined : said || `exit code ${code}`),
    (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? 'missing' : error.message),
  )
}
