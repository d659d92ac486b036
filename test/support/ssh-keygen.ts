import { spawnSync } from 'node:child_process'
import { createHash, createPrivateKey, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { unpackedPackages } from '../../local/servers/debian-packages.ts'

const { folder } = await unpackedPackages('bookworm', ['openssh-client'])

/**
 * The command that runs a program of unpacked packages by their own loader and libraries, so that any Linux will do.
 * @param unpacked their folder
 */
export function debianProgram(unpacked: string, path: string): [string, ...string[]] {
  const triple = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'
  const libraries = [join(unpacked, 'lib', triple), join(unpacked, 'usr', 'lib', triple)]
  const loader = join(libraries[0] ?? '', process.arch === 'arm64' ? 'ld-linux-aarch64.so.1' : 'ld-linux-x86-64.so.2')
  return [loader, '--library-path', libraries.join(':'), join(unpacked, path)]
}

/** The command that runs a program of Debian 12's openssh-client. */
export function opensshProgram(name: 'ssh' | 'ssh-keygen'): [string, ...string[]] {
  return debianProgram(folder, `usr/bin/${name}`)
}

/** @returns what it says; undefined where it fails */
export function sshKeygen(...args: string[]): string | undefined {
  const [command, ...before] = opensshProgram('ssh-keygen')
  const { status, stdout } = spawnSync(command, [...before, ...args], { encoding: 'utf8', input: '' })
  return status === 0 ? stdout : undefined
}

/** An Ed25519 key that is always the same. */
export function keyWithSeed(seed: number): KeyObject {
  const head = Buffer.from('302e020100300506032b657004220420', 'hex')
  const body = createHash('sha256').update(`seed ${seed}`).digest()
  return createPrivateKey({ key: Buffer.concat([head, body]), format: 'der', type: 'pkcs8' })
}
