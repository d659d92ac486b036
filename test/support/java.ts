import { execFile } from 'node:child_process'
import { cp, readdir, readlink, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { unpackedPackages } from '../../local/servers/debian-packages.ts'
import { inCache, madeOnce } from '../../local/servers/made-once.ts'

const run = promisify(execFile)
const oldest = 17

/**
 * The `java` of the machine (JAVA_HOME, else the PATH) where it is 17 or newer; else Debian's, unpacked into the user's cache.
 * @throws Error where neither can be had
 */
export async function java(): Promise<string> {
  const own = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java'
  return (await majorVersion(own)) >= oldest ? own : debianJava()
}

/** Debian's has its settings in /etc, and links to them: here they are in its own folder, in the place of the links. */
export async function debianJava(): Promise<string> {
  const { folder, versions } = await unpackedPackages('bookworm', ['openjdk-17-jre-headless'])
  const unpacked = join(folder, 'usr/lib/jvm', `java-17-openjdk-${process.arch === 'x64' ? 'amd64' : 'arm64'}`)
  const home = await madeOnce(inCache('java', versions['openjdk-17-jre-headless'] ?? '17'), async (half) => {
    await cp(unpacked, half, { recursive: true, verbatimSymlinks: true })
    for (const entry of await readdir(half, { recursive: true, withFileTypes: true })) {
      if (!entry.isSymbolicLink()) continue
      const link = join(entry.parentPath, entry.name)
      const target = await readlink(link)
      if (!target.startsWith('/')) continue
      await rm(link)
      // What another package makes when it is installed is left out.
      await cp(join(folder, target), link, { recursive: true }).catch(() => undefined)
    }
    // Such are the authorities, without which Keycloak does not start; it asks none of them for anything here.
    const store = ['-keystore', join(half, 'lib/security/cacerts'), '-storepass', 'changeit']
    const entry = ['-alias', 'nobody', '-dname', 'CN=nobody', '-keyalg', 'EC']
    await run(join(half, 'bin/keytool'), ['-genkeypair', ...store, ...entry])
  })
  return join(home, 'bin/java')
}

/** @returns 0 where there is none */
async function majorVersion(path: string): Promise<number> {
  const said = await run(path, ['-version']).catch(() => undefined)
  return Number(/version "(\d+)/.exec(said?.stderr ?? '')?.[1] ?? 0)
}
