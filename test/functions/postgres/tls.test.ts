import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { selfSignedCertificate } from '../../../local/servers/certificate.ts'
import { type PostgresServer, startPostgres } from '../../../local/servers/postgres.ts'
import type { ErrorCode } from '../../../shared/errors/catalogue.ts'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { type TestServer, testServer } from '../../support/postgres.ts'
import { serverFiles } from '../../support/server-files.ts'
import { expectNothingSent, expectRotates, hostileEnvironment, inProcessWith, withEnv } from '../databases/tls-cases.ts'
import { alternatingUsers, type PostgresType, singleUser } from './secret-types.ts'

/** The log of the server about the function: empty, if the password was kept from a server that is not to be trusted. */
const passwordWasSent = /connection authenticated: identity="t_|application_name=keyturn|password authentication failed/

const settings = { log_statement: 'all', log_connections: 'on' }
const started: PostgresServer[] = []

async function start(more: Record<string, string>, ca?: string): Promise<TestServer> {
  const server = await startPostgres(18, { ...settings, ...more })
  started.push(server)
  return testServer(
    18,
    ca === undefined ? server : { ...server, ca },
    async (after) => server.log().slice(after),
    'hba_file' in more,
  )
}

type Fields = Readonly<Record<string, string>>

const everyStrategy = [
  ['single-user', (server: TestServer, fields: Fields) => singleUser(server, { port: server.port, fields })],
  [
    'alternating-users',
    (server: TestServer, fields: Fields) => alternatingUsers(server, 'missing', { port: server.port, fields }),
  ],
] as const

describe('TLS', { meta: { server: 'PostgreSQL 18 (servers of its own)' } }, () => {
  const certificate = selfSignedCertificate(['other.internal'])
  let other: TestServer
  let without: TestServer
  let files: Awaited<ReturnType<typeof serverFiles<'crt' | 'key' | 'hba'>>>

  beforeAll(async () => {
    const { certificate: crt, key } = await certificate
    const hba = ['host all postgres 127.0.0.1/32 scram-sha-256', 'hostssl all all 127.0.0.1/32 scram-sha-256']
    files = await serverFiles({ crt, key, hba: `${hba.join('\n')}\n` })
    const { paths } = files
    const mine = { ssl_cert_file: paths.crt, ssl_key_file: paths.key, hba_file: paths.hba }
    ;[other, without] = await Promise.all([start(mine, crt), start({ ssl: 'off' })])
  })
  afterAll(async () => {
    await Promise.all(started.map((server) => server[Symbol.asyncDispose]()))
    await files[Symbol.asyncDispose]()
  })

  for (const [name, typeOn] of everyStrategy) {
    const failing = (type: PostgresType, server: TestServer, code: ErrorCode) =>
      expectNothingSent(type, server, { code, sent: passwordWasSent })

    it(`${name}: a certificate of an unknown authority is CertificateUntrusted, and no password is sent`, async () => {
      const type = withEnv(typeOn(other, { tlsServerName: '"other.internal"' }), {})
      const error = await failing(type, other, 'CertificateUntrusted')
      expect(error.errorMessage).toContain('DATABASE_CA_BUNDLE')
    })

    it(`${name}: a certificate for another name is CertificateNameMismatch, and no password is sent`, async () => {
      const error = await failing(typeOn(other, {}), other, 'CertificateNameMismatch')
      expect(error.errorMessage).toContain('tlsServerName')
    })

    it(`${name}: a server without TLS is TlsUnavailable, and no password is sent in the clear`, async () => {
      const error = await failing(typeOn(without, {}), without, 'TlsUnavailable')
      expect(error.errorMessage).toContain('"ssl": false')
    })

    it(`${name}: "ssl": false at a server that wants TLS is TlsRequired`, async () => {
      await failing(typeOn(other, { ssl: 'false' }), other, 'TlsRequired')
    })

    for (const [what, on, fields] of [
      ['tlsServerName that names the certificate', () => other, { tlsServerName: '"other.internal"' }],
      ['"ssl": false at a server without TLS', () => without, { ssl: 'false' }],
      ['"ssl": "False" as AWS writes it, at a server without TLS', () => without, { ssl: '"False"' }],
    ] as const) {
      it(`${name}: rotates with ${what}`, () => expectRotates(typeOn(on(), fields)))
    }
  }

  for (const [name, value] of [
    ['NODE_TLS_REJECT_UNAUTHORIZED', '0'],
    ['PGSSLMODE', 'no-verify'],
    ['PGSSLMODE', 'disable'],
  ] as const) {
    it(`${name}=${value} in the environment of the function does not weaken it`, async () => {
      const type = singleUser(other, { port: other.port, fields: { tlsServerName: '"other.internal"' } })
      const suite = await suiteFor(withEnv(type, { [name]: value }))
      await using _ = suite.secrets
      await expectFailure(suite, await suite.stored(), { code: 'CertificateUntrusted', step: 'setSecret' })
    })
  }

  // Whom the server would refuse: a parameter that it does not know, a standby that is none, another way to begin.
  const taken = { PGOPTIONS: '-c keyturn=1', PGREPLICATION: 'true', PGSSLNEGOTIATION: 'other' }
  it.each(Object.entries(taken))('%s=%s in the environment of the function is not taken up', async (name, value) => {
    const type = singleUser(other, { port: other.port, fields: { tlsServerName: '"other.internal"' } })
    await expectRotates(withEnv(type, { ...type.function.env, [name]: value }))
  })

  it('no variable in the environment of the function stands in for what the secret says', async () => {
    const type = singleUser(other, { port: other.port, fields: { tlsServerName: '"other.internal"' } })
    const somewhere = { PGHOST: '203.0.113.1', PGPORT: '1', PGDATABASE: 'nowhere', PGSERVICE: 'none' }
    const somebody = { PGUSER: 'nobody', PGPASSWORD: 'none', PGPASSFILE: '/nowhere/pgpass', PGAPPNAME: 'other' }
    const otherwise = { PGSSLMODE: 'disable', PGBINARY: '1', PGCLIENT_ENCODING: 'SQL_ASCII', PGCONNECT_TIMEOUT: '1' }
    const inWords = { PGTZ: 'Nowhere/None', PGDATESTYLE: 'none', TZ: 'Nowhere/None' }
    const env = { ...hostileEnvironment, ...taken, ...somewhere, ...somebody, ...otherwise, ...inWords }
    const start = (await other.log()).length
    await expectRotates(inProcessWith(type, env))
    expect(await other.log(start)).toMatch(/connection authorized: .*application_name=keyturn SSL enabled/)
  })

  it('the session of the function is encrypted where the secret does not forbid it', async () => {
    const suite = await suiteFor(singleUser(other))
    await using _ = suite.secrets
    const target = await suite.stored((store) => suite.type.withFields(store, { tlsServerName: '"other.internal"' }))
    const start = (await other.log()).length
    await suite.secrets.rotate(target.secretId)
    const logins = (await other.log(start)).match(/connection authorized: .*application_name=keyturn.*/g) ?? []
    expect(logins).toHaveLength(2)
    for (const login of logins) expect(login).toContain('SSL enabled (protocol=TLSv1.')
  })

  it('DATABASE_CA_BUNDLE may be the path of a PEM file', async () => {
    const type = singleUser(other)
    const suite = await suiteFor(withEnv(type, { DATABASE_CA_BUNDLE: files.paths.crt }))
    await using _ = suite.secrets
    const target = await suite.stored((store) => suite.type.withFields(store, { tlsServerName: '"other.internal"' }))
    await suite.secrets.rotate(target.secretId)
  })

  it('DATABASE_CA_BUNDLE that is neither PEM nor a readable file is InvalidConfiguration', async () => {
    const suite = await suiteFor(withEnv(singleUser(other), { DATABASE_CA_BUNDLE: '/nowhere.pem' }))
    await using _ = suite.secrets
    await expectFailure(suite, await suite.stored(), { code: 'InvalidConfiguration', step: 'setSecret' })
  })
})
