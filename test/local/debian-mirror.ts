import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { arch } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

export interface SmallPackage {
  readonly name: string
  readonly section?: string
  readonly depends?: string
  readonly files: Readonly<Record<string, string>>
}

export interface SmallMirror extends AsyncDisposable {
  readonly url: string
  /** The files that it serves, by path; tests spoil them. */
  readonly content: Map<string, Buffer>
  /** The paths that were asked for. */
  readonly asked: string[]
}

/** A Debian mirror with one suite, `small`, on a port of this machine. */
export async function smallMirror(folder: string, packages: readonly SmallPackage[]): Promise<SmallMirror> {
  const architecture = arch() === 'arm64' ? 'arm64' : 'amd64'
  const content = new Map<string, Buffer>()
  const index = packages.map((each) => {
    const path = `pool/${each.name}_1_all.deb`
    const deb = debOf(folder, each)
    content.set(`/${path}`, deb)
    const { name, section = 'database', depends = '' } = each
    return `Package: ${name}\nVersion: 1:1.0-1\nDepends: ${depends}\nSection: ${section}\nFilename: ${path}\nSHA256: ${sha256(deb)}\n`
  })
  const packed = gzipSync(index.join('\n'))
  const binary = `main/binary-${architecture}`
  content.set(`/dists/small/${binary}/by-hash/SHA256/${sha256(packed)}`, packed)
  const release = `Suite: small\nSHA256:\n ${sha256(packed)} ${packed.length} ${binary}/Packages.gz\n`
  content.set('/dists/small/Release', Buffer.from(release))

  const asked: string[] = []
  const server = createServer(({ url = '' }, response) => {
    asked.push(url)
    const found = content.get(url)
    response.writeHead(found === undefined ? 404 : 200).end(found)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    content,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

/** A .deb is an ar archive of three members (manual page deb(5)). */
function debOf(folder: string, { name, files }: SmallPackage): Buffer {
  const root = mkdtempSync(join(folder, 'package-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, 'data', path)), { recursive: true })
    writeFileSync(join(root, 'data', path), text)
  }
  mkdirSync(join(root, 'control'))
  writeFileSync(join(root, 'control', 'control'), `Package: ${name}\nVersion: 1.0\nArchitecture: all\n`)
  const tar = (what: string) => execFileSync('tar', ['-cz', '-C', join(root, what), '.'])
  const member = (file: string, bytes: Buffer) =>
    Buffer.concat([
      Buffer.from(`${file.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}`),
      Buffer.from(`${`${bytes.length}`.padEnd(10)}\`\n`),
      bytes,
      Buffer.from(bytes.length % 2 === 1 ? '\n' : ''),
    ])
  return Buffer.concat([
    Buffer.from('!<arch>\n'),
    member('debian-binary', Buffer.from('2.0\n')),
    member('control.tar.gz', tar('control')),
    member('data.tar.gz', tar('data')),
  ])
}
