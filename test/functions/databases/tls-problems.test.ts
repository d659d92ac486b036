import type { TlsOptions } from 'node:tls'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../local/servers/postgres.ts'
import type { ErrorCode } from '../../../shared/errors/catalogue.ts'
import { expectFailure } from '../../contract/failure.ts'
import type { SecretTypeUnderTest } from '../../contract/secret-type.ts'
import { suiteFor } from '../../contract/suite.ts'
import { mysqlServer } from '../../support/mysql.ts'
import { ownMariadb } from '../../support/own-mysql.ts'
import { postgresServer, testServer } from '../../support/postgres.ts'
import { tlsFront } from '../../support/tls-front.ts'
import * as mariadb from '../mariadb/secret-types.ts'
import * as mysql from '../mysql/secret-types.ts'
import * as postgres from '../postgres/secret-types.ts'
import { withEnv } from './tls-cases.ts'

interface Issued {
  readonly cert: string
  readonly key: string
}

async function authority(): Promise<Issued & { issue(how: object): Promise<Issued> }> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'an authority' }], {
    keyType: 'rsa',
    algorithm: 'sha256',
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
  })
  async function issue({ usage = {}, ...how }: { usage?: object }): Promise<Issued> {
    const names = [{ type: 2 as const, value: 'localhost' }]
    const made = await generate([{ name: 'commonName', value: 'localhost' }], {
      keyType: 'rsa',
      algorithm: 'sha256',
      ca: { cert, key },
      extensions: [
        { name: 'subjectAltName', altNames: names },
        { name: 'extKeyUsage', serverAuth: true, ...usage },
      ],
      ...how,
    })
    return { cert: made.cert, key: made.private }
  }
  return { cert, key, issue }
}

async function expectSaysWhatItIs(type: SecretTypeUnderTest, code: ErrorCode, says: RegExp): Promise<void> {
  const suite = await suiteFor(type)
  await using _ = suite.secrets
  const error = await expectFailure(suite, await suite.stored(), { code, step: 'setSecret', stillWorks: false })
  expect(error.errorMessage).toMatch(says)
  expect(error.errorMessage).toContain('Trying again does not help.')
}

const [onPostgres, onMysql] = await Promise.all([postgresServer(18), mysqlServer()])
const kinds = [
  ['postgres', onPostgres, (port: number) => postgres.singleUser(onPostgres, { port })],
  ['mysql', onMysql, (port: number) => mysql.singleUser(onMysql, { port })],
] as const

describe.each(kinds)(
  'a TLS handshake that fails, %s',
  { meta: { server: 'PostgreSQL, MySQL' } },
  (kind, server, on) => {
    let signed: Awaited<ReturnType<typeof authority>>
    beforeAll(async () => {
      signed = await authority()
    })

    const weak = { ciphers: 'DEFAULT@SECLEVEL=0' }
    const certificates: readonly (readonly [what: string, how: object, says: RegExp])[] = [
      ['a key of 1,024 bits', { keySize: 1024 }, /too short a key/],
      ['SHA-1', { algorithm: 'sha1' }, /SHA-1/],
      ['another purpose', { usage: { serverAuth: false, clientAuth: true } }, /lacks serverAuth/],
    ]
    it.each(certificates)('a certificate with %s is CertificateUnsuitable', async (_, how, says) => {
      await using front = await tlsFront(kind, server, { ...(await signed.issue(how)), ...weak })
      await expectSaysWhatItIs(
        withEnv(on(front.port), { DATABASE_CA_BUNDLE: signed.cert }),
        'CertificateUnsuitable',
        says,
      )
    })

    const asking = { requestCert: true, rejectUnauthorized: true }
    const proxies: readonly (readonly [what: string, options: TlsOptions, says: RegExp])[] = [
      ['asks for a client certificate', asking, /asks for a client certificate/],
      ['asks for one with TLS 1.2', { ...asking, maxVersion: 'TLSv1.2' }, /asks for a client certificate/],
      ['has TLS 1.1 alone', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ...weak }, /TLS 1\.0 or 1\.1 only/],
      ['has other ciphers', { maxVersion: 'TLSv1.2', ciphers: 'CAMELLIA256-SHA' }, /no cipher/],
    ]
    it.each(proxies)('a proxy that %s is TlsIncompatible', async (_, options, says) => {
      await using front = await tlsFront(kind, server, { ...(await signed.issue({})), ...options })
      await expectSaysWhatItIs(withEnv(on(front.port), { DATABASE_CA_BUNDLE: signed.cert }), 'TlsIncompatible', says)
    })
  },
)

describe('servers with other versions of TLS', {
  meta: { server: 'PostgreSQL 18, MariaDB 10.5 (of their own)' },
}, () => {
  const open: AsyncDisposable[] = []
  afterAll(async () => {
    for (const each of open) await each[Symbol.asyncDispose]()
  })

  it.each([
    [
      'TLS 1.1 alone',
      { ssl_min_protocol_version: 'TLSv1', ssl_max_protocol_version: 'TLSv1.1', ssl_ciphers: 'ALL:@SECLEVEL=0' },
      /TLS 1\.0 or 1\.1 only/,
    ],
    ['other ciphers', { ssl_max_protocol_version: 'TLSv1.2', ssl_ciphers: 'CAMELLIA256-SHA' }, /no cipher/],
  ] as const)('a PostgreSQL with %s is TlsIncompatible', async (_, settings, says) => {
    const started = await startPostgres(18, { log_statement: 'all', ...settings })
    open.push(started)
    const server = testServer(18, started, async (after) => started.log().slice(after))
    await expectSaysWhatItIs(postgres.singleUser(server), 'TlsIncompatible', says)
  })

  it('a MariaDB with TLS 1.1 alone is TlsIncompatible', async () => {
    const server = await ownMariadb('10.5', { 'tls-version': 'TLSv1.1' })
    open.push(server)
    await expectSaysWhatItIs(mariadb.singleUser(server), 'TlsIncompatible', /TLS 1\.0 or 1\.1 only/)
  })
})
