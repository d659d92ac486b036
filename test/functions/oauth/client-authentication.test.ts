import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterAll, describe, expect, it } from 'vitest'
import { authenticationOf } from '../../../functions/oauth/client-authentication.ts'
import { parseOauthSecret } from '../../../functions/oauth/secret.ts'
import { selfSignedCertificate } from '../../../local/servers/certificate.ts'
import { type OauthClient, startOauthServer } from '../../../local/servers/oauth-server.ts'
import { describedOauthServer, oauthDescription } from '../../../local/servers/oauth-server-description.ts'
import { guardedClient } from '../../../shared/http/client.ts'
import { suiteFor } from '../../contract/suite.ts'
import { saidBy } from '../../support/outcome.ts'
import { oauthTarget, refreshToken, tokensIn } from './secret-types.ts'

const server = await startOauthServer({ rotation: 'single_use' })
const described = await describedOauthServer(server.front, oauthDescription(server.front, 'single_use'))
const suite = await suiteFor(refreshToken('oauth', server, described.env))
const { secrets } = suite
afterAll(async () => {
  await suite.expectNoLeak()
  await secrets[Symbol.asyncDispose]()
  await described[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const { certificate, key } = await selfSignedCertificate()
const other = await selfSignedCertificate()

describe('a client', () => {
  const issuer = `https://${server.front.host}`
  it.each([
    ['post', { client_authentication: 'client_secret_post' }],
    ['signing', { client_authentication: 'private_key_jwt', audience: issuer }],
  ] as const)('that proves itself in the way of "%s" is let in', async (client: OauthClient, entry) => {
    await described.describe(entry)
    const target = await suite.stored(() => oauthTarget(server, { client }))
    await secrets.rotate(target.secretId)
    expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
  })

  it('is never sent in another way after a refusal, and the error names the other way', async () => {
    await described.describe({ client_authentication: 'client_secret_basic' })
    const target = await suite.stored(() => oauthTarget(server, { client: 'post' }))
    server.front.heard.length = 0
    // The server takes it in both ways.
    server.front.spoil = () => ({ status: 401, body: '{"error":"invalid_client"}' })
    const outcome = await (await secrets.begin(target.secretId)).attempt('createSecret')
    expect(outcome).toMatchObject({ ok: false, error: { errorType: 'ClientRefused' } })
    expect(saidBy(outcome)).toContain('"client_authentication": "client_secret_post"')
    server.front.spoil = () => undefined
    expect(server.front.heard.map(({ headers }) => headers.authorization?.slice(0, 6))).toEqual(['Basic '])
    expect(await server.isFresh(tokensIn(target.value).refresh_token)).toBe(true)
  })

  const secretWith = (fields: object) => parseOauthSecret(JSON.stringify({ client_id: 'c', ...fields }))

  it('with a certificate shows it in TLS', async () => {
    const service = createServer(
      { cert: certificate, key, requestCert: true, ca: [certificate] },
      (incoming, response) => {
        response.end(String((incoming.socket as TLSSocket).authorized))
      },
    )
    service.listen(0, '127.0.0.1')
    await once(service, 'listening')
    const host = `localhost:${(service.address() as AddressInfo).port}`
    const rules = { described: [host], allowed: [host], private: [], variable: 'OAUTH_HOSTS' }
    const client = guardedClient(rules, [certificate], { loopback: true })
    const own = await authenticationOf('tls_client_auth', secretWith({ certificate, private_key: key }))
    const ask = { method: 'GET', url: new URL(`https://${host}/`), headers: {} } as const
    const context = { signal: AbortSignal.timeout(5_000), remainingMs: () => 5_000 }
    expect((await client({ ...ask, certificate: own.certificate }, context)).text).toBe('true')
    service.closeAllConnections()
    service.close()
  })

  it.each([
    ['private_key_jwt', {}, '"private_key" is missing in the secret'],
    ['private_key_jwt', { private_key: 'no key' }, 'no key that can sign an assertion'],
    ['tls_client_auth', { private_key: key }, '"certificate" is missing in the secret'],
    ['tls_client_auth', { certificate, private_key: other.key }, 'are no pair'],
    ['client_secret_basic', {}, '"client_secret" is missing in the secret'],
    ['client_secret_post', { client_secret: '\ud800' }, 'is no well-formed text'],
  ] as const)(
    'whose secret cannot be used for %s is refused before anything is sent',
    async (method, fields, words) => {
      await expect(authenticationOf(method, secretWith(fields))).rejects.toThrow(words)
    },
  )
})
