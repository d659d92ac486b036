import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { unpackedPackages } from '../../local/servers/debian-packages.ts'

const run = promisify(execFile)
const oldest = 17

/**
 * The `java` of the machine (JAVA_HOME, else the PATH) where it is 17 or newer; else Debian's, unpacked into the user's cache.
 * @throws Error where neither can be had
 */
export async function java(): Promise<string> {
  const own = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java'
  if ((await majorVersion(own)) >= oldest) return own
  const { folder } = await unpackedPackages('bookworm', ['openjdk-17-jre-headless'])
  return join(folder, 'usr/lib/jvm', `java-17-openjdk-${process.arch === 'x64' ? 'amd64' : 'arm64'}`, 'bin/java')
}

/** @returns 0 where there is none */
async function majorVersion(path: string): Promise<number> {
  const said = await run(path, ['-version']).catch(() => undefined)
  return Number(/version "(\d+)/.exec(said?.stderr ?? '')?.[1] ?? 0)
}
