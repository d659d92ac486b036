import tls from 'node:tls'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { selfSignedCertificate } from '../../../local/servers/certificate.ts'
import type { ErrorCode } from '../../../shared/errors/catalogue.ts'
import { connect } from '../../../shared/mysql-family/connection.ts'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { connected, type TestServer } from '../../support/mysql.ts'
import { codeOf } from '../../support/outcome.ts'
import { type OwnServer, ownMysql } from '../../support/own-mysql.ts'
import { serverFiles } from '../../support/server-files.ts'
import { expectNothingSent, expectRotates, hostileEnvironment, inProcessWith, withEnv } from '../databases/tls-cases.ts'
import { contextFor, loginAt } from './connection.ts'
import { alternatingUsers, dualPassword, type MysqlType, singleUser } from './secret-types.ts'

const started: OwnServer[] = []

async function start(more: Record<string, string>, ca?: string): Promise<TestServer> {
  // On two addresses, of which the certificate names one.
  const server = await ownMysql({ 'bind-address': '127.0.0.1,127.0.0.2', ...more })
  started.push(server)
  return ca === undefined ? server : { ...server, ca }
}

type Fields = Readonly<Record<string, string>>

const everyStrategy = [
  ['single-user', (server: TestServer, fields: Fields) => singleUser(server, { port: server.port, fields })],
  [
    'dual-password',
    (server: TestServer, fields: Fields) => dualPassword(server, 'itself', { port: server.port, fields }),
  ],
  [
    'alternating-users',
    (server: TestServer, fields: Fields) => alternatingUsers(server, 'missing', { port: server.port, fields }),
  ],
] as const

describe('TLS', { meta: { server: 'MySQL (servers of its own)' } }, () => {
  let other: TestServer
  let without: TestServer
  let files: Awaited<ReturnType<typeof serverFiles<'crt' | 'key'>>>

  beforeAll(async () => {
    const { certificate: crt, key } = await selfSignedCertificate(['other.internal'])
    files = await serverFiles({ crt, key })
    const mine = { 'ssl-ca': files.paths.crt, 'ssl-cert': files.paths.crt, 'ssl-key': files.paths.key }
    ;[other, without] = await Promise.all([start(mine, crt), start({ 'tls-version': '' })])
  })
  afterAll(async () => {
    await Promise.all(started.map((server) => server[Symbol.asyncDispose]()))
    await files[Symbol.asyncDispose]()
  })

  for (const [name, typeOn] of everyStrategy) {
    // The server notes a login as soon as it comes, before it is accepted or refused.
    const failing = (type: MysqlType, server: TestServer, code: ErrorCode) =>
      expectNothingSent(type, server, { code, sent: / Connect\tt_/ })

    it(`${name}: a certificate of an unknown authority is CertificateUntrusted, and no password is sent`, async () => {
      const type = withEnv(typeOn(other, { tlsServerName: '"other.internal"' }), {})
      expect((await failing(type, other, 'CertificateUntrusted')).errorMessage).toContain('DATABASE_CA_BUNDLE')
    })

    it(`${name}: a server without TLS is TlsUnavailable, and no password is sent in the clear`, async () => {
      expect((await failing(typeOn(without, {}), without, 'TlsUnavailable')).errorMessage).toContain('"ssl": false')
    })

    for (const [what, fields] of [
      ['another name', {}],
      ['another name, where the host is an address', { host: '"127.0.0.2"' }],
      ['another name than tlsServerName', { host: '"127.0.0.1"', tlsServerName: '"db.internal"' }],
      ['another address than tlsServerName', { host: '"127.0.0.1"', tlsServerName: '"127.0.0.2"' }],
      ['another address than tlsServerName, where the host is a name', { tlsServerName: '"127.0.0.2"' }],
    ] as const) {
      it(`${name}: a certificate for ${what} is CertificateNameMismatch, and no password is sent`, async () => {
        const error = await failing(typeOn(other, fields), other, 'CertificateNameMismatch')
        expect(error.errorMessage).toContain('tlsServerName')
      })
    }

    for (const [what, on, fields] of [
      ['tlsServerName that names the certificate', () => other, { tlsServerName: '"other.internal"' }],
      ['tlsServerName for an address', () => other, { host: '"127.0.0.2"', tlsServerName: '"OTHER.internal"' }],
      ['an address that the certificate names', () => other, { host: '"127.0.0.1"' }],
      ['an address as tlsServerName', () => other, { tlsServerName: '"127.0.0.1"' }],
      ['"ssl": false at a server without TLS', () => without, { ssl: 'false' }],
      ['"ssl": "False" as AWS writes it, at a server without TLS', () => without, { ssl: '"False"' }],
    ] as const) {
      it(`${name}: rotates with ${what}`, () => expectRotates(typeOn(on(), fields)))
    }

    it(`${name}: "ssl": false at a server that wants TLS (require_secure_transport) is TlsRequired`, async () => {
      const suite = await suiteFor(typeOn(other, { ssl: 'false' }))
      await using _ = suite.secrets
      const rotation = await suite.secrets.begin((await suite.stored()).secretId)
      await rotation.run('createSecret')
      await other.query('SET GLOBAL require_secure_transport = ON')
      const outcome = await rotation.attempt('setSecret')
      const { host, port, superuser } = other
      const root = { host, port, user: superuser.username, password: superuser.password }
      await using client = await connected({ ...root, ssl: { rejectUnauthorized: false } })
      await client.query('SET GLOBAL require_secure_transport = OFF')
      expect(codeOf(outcome)).toBe('TlsRequired')
    })
  }

  it('NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment of the function does not weaken it', async () => {
    const type = singleUser(other, { port: other.port, fields: { tlsServerName: '"other.internal"' } })
    const suite = await suiteFor(withEnv(type, { NODE_TLS_REJECT_UNAUTHORIZED: '0' }))
    await using _ = suite.secrets
    await expectFailure(suite, await suite.stored(), { code: 'CertificateUntrusted', step: 'setSecret' })
  })

  it('the driver heeds no variable of the environment, and makes no code out of text to read rows', async () => {
    const type = alternatingUsers(other, 'missing', { port: other.port, fields: { tlsServerName: '"other.internal"' } })
    const somewhere = { MYSQL_HOST: '203.0.113.1', MYSQL_TCP_PORT: '1', MYSQL_UNIX_PORT: '/nowhere', MYSQL_PWD: 'none' }
    const otherwise = {
      MYSQL_HOME: '/nowhere',
      MYSQL_GROUP_SUFFIX: 'none',
      LIBMYSQL_PLUGINS: 'none',
      TZ: 'Nowhere/None',
    }
    const start = (await other.log()).length
    await expectRotates(inProcessWith(type, { ...hostileEnvironment, ...somewhere, ...otherwise }))
    expect(await other.log(start)).toMatch(/ Connect\tt_.* using SSL\/TLS/)
  })

  it('the built-in authorities are parsed for the first login alone, and each login is checked against them', async () => {
    const parsing = vi.spyOn(tls, 'createSecureContext')
    const login = { ...loginAt(other, other.superuser), tls: { serverName: 'other.internal', caBundle: undefined } }
    for (const _ of ['first', 'second'])
      await expect(connect(login, contextFor())).rejects.toMatchObject({ code: 'CertificateUntrusted' })
    expect(parsing).toHaveBeenCalledOnce()
    parsing.mockRestore()
  })

  it('the session of the function is encrypted where the secret does not forbid it', async () => {
    const suite = await suiteFor(singleUser(other, { port: other.port, fields: { tlsServerName: '"other.internal"' } }))
    await using _ = suite.secrets
    const target = await suite.stored()
    const start = (await other.log()).length
    await suite.secrets.rotate(target.secretId)
    const logins = (await other.log(start)).match(/ Connect\tt_.*/g) ?? []
    expect(logins).toHaveLength(2)
    for (const login of logins) expect(login).toContain('using SSL/TLS')
  })
})
