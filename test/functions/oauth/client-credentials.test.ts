import { afterAll, afterEach, expect, it } from 'vitest'
import { startOauthServer } from '../../../local/servers/oauth-server.ts'
import { describedOauthServer, oauthDescription } from '../../../local/servers/oauth-server-description.ts'
import { expectFailure } from '../../contract/failure.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import type { Suite } from '../../contract/suite.ts'
import { codeOf } from '../../support/outcome.ts'
import { clientCredentials, ownTokenTarget } from './client-credentials-types.ts'

const server = await startOauthServer({ rotation: 'none' })
const { front } = server
const entry = { ...oauthDescription(front, 'none'), probe: undefined }
const described = await describedOauthServer(front, entry)

afterEach(() => {
  front.spoil = () => undefined
})
afterAll(async () => {
  await described[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const requests = () => front.heard.filter(({ path }) => path === '/token')

await secretTypeContract(clientCredentials(server, described.env), undefined, (suite) => {
  lives(suite)
  answers(suite)
})

function lives(suite: Suite): void {
  const { stored, secrets } = suite
  it("a token that lives shorter than the schedule's interval is refused, and the error says how to renew it", async () => {
    const target = await stored(() => ownTokenTarget(server, { fields: {} }))
    const error = await expectFailure(suite, target, { code: 'TokenTooShort', step: 'createSecret' })
    expect(error.errorMessage).toContain('lives for 60 minutes, and a rotation is due every 30 days')
    expect(error.errorMessage).toContain('"on_demand": true')
  })

  it.each([
    ['longer than the interval', { expires_in: 31 * 24 * 3600 }],
    ['for nobody knows how long', { expires_in: undefined }],
  ])('a token that lives %s is promoted', async (_, change) => {
    const target = await stored(() => ownTokenTarget(server, { fields: {} }))
    front.spoil = ({ path }) =>
      path === '/token'
        ? { change: (said) => ({ ...said, body: JSON.stringify({ ...JSON.parse(said.body ?? ''), ...change }) }) }
        : undefined
    await secrets.rotate(target.secretId)
    expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
  })

  it('a rotation makes one token request, with the scope of the secret and nothing of a user', async () => {
    const target = await stored(() => ownTokenTarget(server, { fields: { on_demand: true, resource: 'urn:api' } }))
    front.heard.length = 0
    await secrets.rotate(target.secretId).catch(() => undefined)
    const [request, ...more] = requests()
    expect(more).toEqual([])
    const fields = Object.fromEntries(new URLSearchParams(request?.body))
    expect(fields).toEqual({ grant_type: 'client_credentials', resource: 'urn:api' })
  })

  it('the first rotation needs no token, nor does a test without a rotation', async () => {
    const client = await server.grant()
    const value = JSON.stringify({ client_id: client.client_id, client_secret: client.client_secret, on_demand: true })
    const secretId = await secrets.store(value)
    await secrets.testOnly(secretId)
    await secrets.rotate(secretId)
    const { access_token } = JSON.parse(await secrets.storedValue(secretId, 'AWSCURRENT')) as { access_token: string }
    expect(await server.isGiven(access_token)).toBe(true)
  })
}

function answers(suite: Suite): void {
  const { stored, secrets } = suite
  it.each([
    ['a wrong client secret', 401, '{"error":"invalid_client"}', 'ClientRefused'],
    ['a grant that the client may not use', 400, '{"error":"unauthorized_client"}', 'ProviderRefused'],
    ['too many requests', 429, '', 'ProviderFailed'],
    ['a fault', 503, '<p>', 'ProviderFailed'],
    ['a page in HTML', 200, '<p>hello', 'AnswerUnusable'],
  ] as const)('%s changes nothing, and has a code of its own', async (_, status, body, code) => {
    const target = await stored()
    front.spoil = ({ path }) => (path === '/token' ? { status, body } : undefined)
    await expectFailure(suite, target, { code, step: 'createSecret' })
  })

  it('a token of an unknown kind is stored and not promoted', async () => {
    const target = await stored()
    front.spoil = ({ path }) =>
      path === '/token'
        ? {
            change: (said) => ({
              ...said,
              body: JSON.stringify({ ...JSON.parse(said.body ?? ''), token_type: 'MAC' }),
            }),
          }
        : undefined
    await expectFailure(suite, target, { code: 'TokenOdd', step: 'testSecret' })
  })

  it('a new token that the API refuses is not promoted', async () => {
    const target = await stored()
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret', 'setSecret')
    front.spoil = ({ path }) => (path.includes('introspection') ? { status: 200, body: '{"active":false}' } : undefined)
    const outcome = await rotation.attempt('testSecret')
    expect(codeOf(outcome)).toBe('TokenRefused')
  })
}
