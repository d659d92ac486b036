import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { unpackedPackages } from '../../local/servers/debian-packages.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type SmallMirror, sha256, smallMirror } from './debian-mirror.ts'

const packages = [
  { name: 'server', depends: 'liba (>= 2), perl:any, libold | libnew', files: { 'usr/sbin/server': 'binary' } },
  { name: 'liba', section: 'libs', depends: 'libb, server', files: { 'usr/lib/liba.so': 'A' } },
  { name: 'libb', section: 'libs', depends: 'liba', files: { 'usr/lib/libb.so': 'B' } },
  { name: 'libnew', section: 'libs', files: { 'usr/lib/libnew.so': 'N' } },
  { name: 'perl', section: 'perl', files: { 'usr/bin/perl': 'perl' } },
  { name: 'other', files: { 'usr/bin/other': 'other' } },
]

afterEach(() => void vi.unstubAllEnvs())

/** A mirror and an empty cache, which are what unpackedPackages uses until the test ends. */
async function prepare(): Promise<SmallMirror & { cached(): Promise<string[]> }> {
  const folder = await temporaryFolder()
  const mirror = await smallMirror(folder, packages)
  vi.stubEnv('DEBIAN_MIRROR', `${mirror.url}/`)
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'))
  return { ...mirror, cached: () => readdir(join(folder, 'cache', 'keyturn', 'debian')) }
}

const files = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.parentPath !== folder)
    .map((entry) => entry.name)
    .toSorted()

const needed = ['liba.so', 'libb.so', 'libnew.so', 'server']

describe('packages from a Debian mirror', () => {
  it('come with the libraries they need, and with nothing else', async () => {
    await using mirror = await prepare()
    const { folder, versions } = await unpackedPackages('small', ['server'])
    expect(await files(folder)).toEqual(needed)
    expect(await readFile(join(folder, 'usr', 'lib', 'libb.so'), 'utf8')).toBe('B')
    expect(Object.keys(versions).toSorted()).toEqual(['liba', 'libb', 'libnew', 'server'])
    expect(versions.server).toBe('1:1.0-1')
    expect(mirror.asked).not.toContain('/pool/perl_1_all.deb')
  })

  it('are not asked for a second time', async () => {
    await using mirror = await prepare()
    const first = await unpackedPackages('small', ['server'])
    const asked = mirror.asked.length
    expect(asked).toBeGreaterThan(0)
    expect(await unpackedPackages('small', ['server'])).toEqual(first)
    expect(mirror.asked).toHaveLength(asked)
  })

  it('are unpacked by ar and tar where there is no dpkg-deb', async () => {
    await using _ = await prepare()
    const bin = join(await temporaryFolder(), 'bin')
    await mkdir(bin)
    const paths = execFileSync('sh', ['-c', 'for each in sh ar tar gzip grep sed; do command -v $each; done'], {
      encoding: 'utf8',
    }).trim()
    for (const path of paths.split('\n')) await symlink(path, join(bin, path.split('/').at(-1) ?? ''))
    vi.stubEnv('PATH', bin)
    expect(await files((await unpackedPackages('small', ['server'])).folder)).toEqual(needed)
  })

  it('are refused where one does not match the index; nothing of it stays, and the next attempt goes well', async () => {
    await using mirror = await prepare()
    const path = '/pool/libb_1_all.deb'
    const right = mirror.content.get(path) ?? Buffer.alloc(0)
    const wrong = Buffer.from(right)
    wrong.writeUInt8(wrong.readUInt8(wrong.length - 9) ^ 1, wrong.length - 9)
    mirror.content.set(path, wrong)
    const refusal = `${mirror.url}${path} is not what its index says: its SHA-256 is not ${sha256(right)}.`
    await expect(unpackedPackages('small', ['server'])).rejects.toThrow(refusal)
    expect(await mirror.cached()).toEqual([])
    mirror.content.set(path, right)
    expect(await files((await unpackedPackages('small', ['server'])).folder)).toEqual(needed)
  })

  it('are refused where the index is not the one that the Release file names', async () => {
    await using mirror = await prepare()
    const path = [...mirror.content.keys()].find((each) => each.includes('by-hash')) ?? ''
    await using another = await smallMirror(await temporaryFolder(), packages.slice(1))
    const [index] = [...another.content].filter(([each]) => each.includes('by-hash')).map(([, content]) => content)
    mirror.content.set(path, index ?? Buffer.alloc(0))
    await expect(unpackedPackages('small', ['server'])).rejects.toThrow('is not what its index says')
    expect(mirror.asked.filter((each) => each.startsWith('/pool'))).toEqual([])
  })

  it('that the mirror does not have, or no longer has, are named', async () => {
    await using mirror = await prepare()
    await expect(unpackedPackages('small', ['nothing'])).rejects.toThrow('Debian small has no package nothing for a')
    await expect(unpackedPackages('large', ['server'])).rejects.toThrow(
      '/dists/large/Release cannot be downloaded: HTTP 404',
    )
    mirror.content.delete('/pool/liba_1_all.deb')
    await expect(unpackedPackages('small', ['server'])).rejects.toThrow('liba_1_all.deb cannot be downloaded: HTTP 404')
  })

  it('come from the first of several mirrors that has the suite', async () => {
    await using mirror = await prepare()
    await using empty = await smallMirror(await temporaryFolder(), [])
    empty.content.clear()
    vi.stubEnv('DEBIAN_MIRROR', ` ${empty.url} ${mirror.url} http://127.0.0.1:1`)
    expect(await files((await unpackedPackages('small', ['server'])).folder)).toEqual(needed)
    expect(empty.asked).toEqual(['/dists/small/Release'])
  })

  it('of a mirror that does not answer: the error says how to choose another one', async () => {
    const mirror = await prepare()
    await mirror[Symbol.asyncDispose]()
    const attempt = unpackedPackages('small', ['server'])
    await expect(attempt).rejects.toThrow(/can't be reached: .*ECONNREFUSED[\s\S]*Set DEBIAN_MIRROR to a mirror/)
  })
})
