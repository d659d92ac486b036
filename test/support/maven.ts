import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile, rm } from 'node:fs/promises'
import { arch, platform } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inCache, madeOnce } from '../../local/servers/made-once.ts'

const run = promisify(execFile)

/** A file of Maven Central, of one version, and of that alone. */
export interface MavenArtefact {
  /** As Maven writes it, group:name:version or group:name:version:type:classifier. */
  readonly coordinates: string
  readonly sha256: string
}

/**
 * Why artefacts cannot be had on this machine, in a sentence; undefined where they can.
 * @throws Error with the sentence where CI is set: there nothing may be left out
 */
export async function whyNoMaven(): Promise<string | undefined> {
  const why = await reason()
  if (why !== undefined && process.env.CI) throw new Error(why)
  return why
}

async function reason(): Promise<string | undefined> {
  if (platform() !== 'linux' || arch() !== 'x64') return `The older servers run on Linux with x86-64, not here.`
  const missing = await run('mvn', ['--version']).then(
    () => undefined,
    () => 'The older servers are downloaded with Maven (mvn), which this machine does not have.',
  )
  return missing
}

/**
 * The folder of an artefact, downloaded and unpacked the first time it is asked for, in the user's cache.
 * @param unpack commands that unpack what lies in the archive itself; they run in the folder, in a shell
 * @throws Error where what came is not what was asked for
 */
export async function unpackedArtefact({ coordinates, sha256 }: MavenArtefact, unpack = ''): Promise<string> {
  const name = coordinates.replaceAll(':', '-')
  return madeOnce(inCache('maven', name), async (half) => {
    process.stderr.write(`${coordinates} is downloaded with Maven, this once…\n`)
    // A repository of our own: the user's would keep half a gigabyte of MySQL for ever, beside what is unpacked here.
    const repository = inCache('maven-repository')
    const options = [`-Dartifact=${coordinates}`, `-DoutputDirectory=${half}`, `-Dmaven.repo.local=${repository}`]
    await run('mvn', ['-q', 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy', ...options])
    const [group = '', artefact = '', version = ''] = coordinates.split(':')
    await rm(join(repository, ...group.split('.'), artefact, version), { recursive: true })
    const [archive = ''] = await readdir(half)
    const found = createHash('sha256')
      .update(await readFile(join(half, archive)))
      .digest('hex')
    if (found !== sha256) throw new Error(`${coordinates} is not what it was: its SHA-256 is ${found}.`)
    // Python is here for the tests in any case, and unzip need not be.
    await run('python3', ['-m', 'zipfile', '-e', archive, '.'], { cwd: half })
    await rm(join(half, archive))
    if (unpack !== '') await run('sh', ['-ec', unpack], { cwd: half })
  })
}
