import { PutSecretValueCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { runLambda } from '../../../local/secrets-manager/functions/lambda.ts'
import type { Fault } from '../../../local/secrets-manager/service/calls.ts'
import type { Heard, Said, Spoilt } from '../../../local/servers/https-front.ts'
import { startOauthServer } from '../../../local/servers/oauth-server.ts'
import { describedOauthServer, oauthDescription } from '../../../local/servers/oauth-server-description.ts'
import { rotationCalls } from '../../contract/calls.ts'
import { probed } from '../../contract/probe-cases.ts'
import { storedTarget } from '../../contract/suite.ts'
import { lambdaSettings } from '../../support/function-under-test.ts'
import { findLeak } from '../../support/leaks.ts'
import { codeOf, errorOf } from '../../support/outcome.ts'
import { fourSteps, type RotationByHand, secretsManagerFor } from '../../support/secrets-manager.ts'
import { olderClaims } from './claims.ts'
import { oauthTarget, refreshToken, tokensIn } from './secret-types.ts'

const server = await startOauthServer({ rotation: 'single_use' })
const { front } = server
const described = await describedOauthServer(front, oauthDescription(front, 'single_use'))
const type = refreshToken('oauth', server, described.env)
// With half a minute a run that waits for another one gives up after a few seconds.
const about = { ...type.function, timeoutMs: 20_000 }
let fault: (operation: string) => Promise<Fault | undefined> | Fault | undefined = () => undefined
const secrets = await secretsManagerFor(about, {
  intercept: ({ operation, caller }) => (caller === about.id ? fault(operation) : undefined),
})
const seen = new Set<string>()

afterEach(async () => {
  front.spoil = () => undefined
  fault = () => undefined
  await described.describe({})
})
afterAll(async () => {
  expect(findLeak(secrets.output(), [...seen, ...secrets.rotationTokens()])).toBeUndefined()
  await secrets[Symbol.asyncDispose]()
  await described[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const stored = async (fields: object = {}) => storedTarget(type, secrets, await oauthTarget(server, { fields }), seen)
type Stored = Awaited<ReturnType<typeof stored>>

const isOurs = ({ headers }: Heard) => headers['user-agent'] === 'keyturn'
const isTokenRequest = (heard: Heard) => isOurs(heard) && heard.method === 'POST' && heard.path === '/token'
const tokenRequests = () => front.heard.filter(isTokenRequest).length

/** Does something to the token requests of the function, the first so many of them. */
function spoil(spoilt: Spoilt, times = 1): void {
  let left = times
  front.heard.length = 0
  front.spoil = (heard) => (isTokenRequest(heard) && left-- > 0 ? spoilt : undefined)
}

/** Changes the answers to token requests. */
const change = (body: (json: Record<string, unknown>) => unknown, more: Partial<Said> = {}): Spoilt => ({
  change: (said) => ({
    ...said,
    ...more,
    body: asText(body(JSON.parse(said.body ?? '{}') as Record<string, unknown>)),
  }),
})
const asText = (body: unknown) => (typeof body === 'string' ? body : JSON.stringify(body))

async function failing(rotation: RotationByHand, step: (typeof fourSteps)[number] = 'createSecret') {
  return errorOf(await rotation.attempt(step))
}
const put = (SecretId: string, SecretString: string) =>
  secrets.client.send(new PutSecretValueCommand({ SecretId, SecretString }))
const latest = async ({ secretId }: Stored) =>
  tokensIn((await secrets.value(secretId, 'KEYTURN_LATEST' as never)) ?? '{}')
const older = ({ secretId }: Stored, ms?: number) => olderClaims(secrets, secretId, ms)

const holder = async (secretId: string, name: string) =>
  Object.entries(await secrets.labels(secretId)).find(([, held]) => held.includes(name))?.[0]

/** Moves a label by hand, or takes it off. */
async function label(SecretId: string, VersionStage: string, MoveToVersionId?: string): Promise<void> {
  const RemoveFromVersionId = await holder(SecretId, VersionStage)
  await secrets.client.send(
    new UpdateSecretVersionStageCommand({ SecretId, VersionStage, MoveToVersionId, RemoveFromVersionId }),
  )
}

async function givenUp({ secretId }: Stored, rotation: RotationByHand) {
  const VersionStage = 'AWSPENDING'
  await secrets.client.send(
    new UpdateSecretVersionStageCommand({ SecretId: secretId, VersionStage, RemoveFromVersionId: rotation.token }),
  )
}

describe('a rotation of tokens', () => {
  it('claims the refresh token, and makes one token request', async () => {
    const target = await stored()
    await secrets.rotate(target.secretId)
    front.heard.length = 0
    secrets.local.calls.clear()
    await secrets.rotate(target.secretId)
    expect(tokenRequests()).toBe(1)
    expect(secrets.local.calls.by(about.id)).toHaveLength(rotationCalls.OauthRefreshToken.usual)
  })

  it('makes no claim where none is needed', async () => {
    const target = await stored()
    await described.describe({ rotation: 'none' })
    secrets.local.calls.clear()
    await secrets.rotate(target.secretId)
    expect(secrets.local.calls.by(about.id).map(({ operation }) => operation)).toHaveLength(
      rotationCalls.OauthRefreshToken.withoutClaim,
    )
    expect(JSON.stringify(await secrets.labels(target.secretId))).not.toContain('KEYTURN')
  })

  it('makes one version, and leaves at most one claim and one label with the newest tokens', async () => {
    const target = await stored()
    for (let n = 0; n < 4; n++) await secrets.rotate(target.secretId)
    const labels = Object.values(await secrets.labels(target.secretId)).flat()
    expect(
      labels
        .filter((label) => label.startsWith('KEYTURN'))
        .map((label) => label.split('.')[0])
        .sort(),
    ).toEqual(['KEYTURN_CLAIM', 'KEYTURN_LATEST'])
  })

  it('every step ten times makes one token request', async () => {
    const target = await stored()
    const rotation = await secrets.begin(target.secretId)
    front.heard.length = 0
    for (const step of fourSteps) for (let n = 0; n < 10; n++) await rotation.run(step)
    expect(tokenRequests()).toBe(1)
  })

  it('two processes in createSecret at once make one token request, and both succeed', async () => {
    const target = await stored()
    const rotation = await secrets.begin(target.secretId)
    const event = { Step: 'createSecret', SecretId: target.secretId, ClientRequestToken: rotation.token }
    const settings = { ...lambdaSettings({ ...about, timeoutMs: 60_000 }), runIn: 'process' as const }
    const process = () =>
      runLambda(
        about.id,
        settings,
        () => secrets.local.endpoint,
        () => {},
      )
    const both = [process(), process()]
    // Both have loaded before either begins.
    await Promise.all(both.map((each) => each.invoke({})))
    front.heard.length = 0
    const outcomes = await Promise.all(both.map((each) => each.invoke(event)))
    await Promise.all(both.map((each) => each.close()))
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, true])
    expect(tokenRequests()).toBe(1)
    await rotation.run('testSecret', 'finishSecret')
    await target.expectPromoted(rotation, target.value)
  })
})

describe('a lost answer', () => {
  it('is not asked for again while its run may be alive', async () => {
    const target = await stored()
    const rotation = await secrets.begin(target.secretId)
    spoil('cut after')
    const error = await failing(rotation)
    expect([error.errorType, tokenRequests()]).toEqual(['NoAnswer', 1])
    expect((await failing(rotation)).errorType).toBe('ClaimedByAnotherRun')
    expect(tokenRequests()).toBe(1)
    expect(await target.works(target.value)).toBe(true)
  })

  it('of a single-use token ends the grant: the error says what to do, and is remembered', async () => {
    const target = await stored()
    const rotation = await secrets.begin(target.secretId)
    spoil('cut after')
    await failing(rotation)
    await older(target)
    const error = await failing(rotation)
    expect(error.errorType).toBe('ReauthorizationRequired')
    expect(error.errorMessage).toMatch(/put-secret-value --secret-id .*update-secret-version-stage .*rotate-secret/)
    await givenUp(target, rotation)
    const next = await secrets.begin(target.secretId)
    expect((await failing(next)).errorType).toBe('ReauthorizationRequired')
    expect(tokenRequests()).toBe(1)
    await givenUp(target, next)
    const fresh = await oauthTarget(server)
    await put(target.secretId, fresh.value)
    await secrets.rotate(target.secretId)
    expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
    expect(
      Object.values(await secrets.labels(target.secretId))
        .flat()
        .join(),
    ).not.toContain('REAUTHORIZE')
  })

  it('whose request has never arrived is asked for again where introspection proves that', async () => {
    const target = await stored()
    await described.describe({ consumed_refresh_token_introspects: 'inactive' })
    const rotation = await secrets.begin(target.secretId)
    spoil('cut before')
    await failing(rotation)
    await older(target)
    await rotation.run(...fourSteps)
    await target.expectPromoted(rotation, target.value)
  })

  it('whose request has arrived is not asked for again, which introspection tells', async () => {
    const target = await stored()
    await described.describe({ consumed_refresh_token_introspects: 'inactive' })
    const rotation = await secrets.begin(target.secretId)
    spoil('cut after')
    await failing(rotation)
    await older(target)
    expect((await failing(rotation)).errorType).toBe('ReauthorizationRequired')
    expect(tokenRequests()).toBe(1)
  })

  it('is asked for again within the grace, and after it no more', async () => {
    await using graceful = await startOauthServer({ rotation: 'single_use', graceMs: 3_600_000 })
    await using entry = await describedOauthServer(graceful.front, oauthDescription(graceful.front, 'grace:3600'))
    await using own = await secretsManagerFor({ ...about, env: entry.env })
    const answersAgain = graceful.front.spoil
    for (const [late, outcome] of [
      [120_000, true],
      [3_600_000, false],
    ] as const) {
      const target = await storedTarget(type, own, await oauthTarget(graceful), seen)
      const rotation = await own.begin(target.secretId)
      let lost = 0
      graceful.front.spoil = async (heard) => {
        if (!isTokenRequest(heard) || lost++ > 0) return answersAgain(heard)
        const kept = await answersAgain(heard)
        return {
          change(said) {
            if (typeof kept === 'object' && 'change' in kept) kept.change(said)
            return { status: 502 }
          },
        }
      }
      await failing(rotation)
      await olderClaims(own, target.secretId, late)
      const again = await rotation.attempt('createSecret')
      expect([again.ok, codeOf(again)]).toEqual([outcome, outcome ? 'succeeded' : 'ReauthorizationRequired'])
      if (outcome) await rotation.run('testSecret', 'finishSecret')
    }
    expect(findLeak(own.output(), [...seen])).toBeUndefined()
  })

  it('costs nothing where refresh tokens live on', async () => {
    await using lasting = await startOauthServer({ rotation: 'none' })
    await using entry = await describedOauthServer(lasting.front, oauthDescription(lasting.front, 'none'))
    await using own = await secretsManagerFor({ ...about, env: entry.env })
    const target = await storedTarget(type, own, await oauthTarget(lasting), seen)
    const rotation = await own.begin(target.secretId)
    let left = 1
    lasting.front.spoil = (heard) => (isTokenRequest(heard) && left-- > 0 ? 'cut after' : undefined)
    await failing(rotation)
    await rotation.run(...fourSteps)
    await target.expectPromoted(rotation, target.value)
  })
})

describe('tokens and labels that somebody has changed or lost', () => {
  it('an answer without a refresh token keeps the one before', async () => {
    const target = await stored()
    const rotation = await secrets.begin(target.secretId)
    spoil(change(({ refresh_token, ...rest }) => rest))
    await rotation.run('createSecret')
    const { AWSPENDING = '{}' } = await target.staged()
    expect(tokensIn(AWSPENDING).refresh_token).toBe(tokensIn(target.value).refresh_token)
    expect(tokensIn(AWSPENDING).access_token).not.toBe(tokensIn(target.value).access_token)
  })

  it('a used refresh token that is written back is not sent again, and other fields are kept', async () => {
    const target = await stored()
    await secrets.rotate(target.secretId)
    await put(target.secretId, JSON.stringify({ ...tokensIn(target.value), quota: 7 }))
    await secrets.rotate(target.secretId)
    const { AWSCURRENT = '{}' } = await target.staged()
    expect(tokensIn(AWSCURRENT).quota).toBe(7)
    expect(await target.works(AWSCURRENT)).toBe(true)
  })

  it('no used refresh token is sent where AWSCURRENT was moved back and KEYTURN_LATEST taken off', async () => {
    const target = await stored()
    const { secretId } = target
    await secrets.rotate(secretId)
    const newest = await target.stagedValue('AWSCURRENT')
    await label(secretId, 'AWSCURRENT', await holder(secretId, 'AWSPREVIOUS'))
    await label(secretId, 'KEYTURN_LATEST')
    front.heard.length = 0
    await secrets.rotate(secretId)
    expect(tokenRequests()).toBe(0)
    expect(tokensIn(await target.stagedValue('AWSCURRENT'))).toEqual(tokensIn(newest))
  })

  it('a refresh token of two rotations ago is not sent again, though KEYTURN_LATEST was moved back by hand', async () => {
    const target = await stored()
    const { secretId } = target
    for (let n = 0; n < 2; n++) await secrets.rotate(secretId)
    await label(secretId, 'KEYTURN_LATEST', await holder(secretId, 'AWSPREVIOUS'))
    await put(secretId, target.value)
    await secrets.rotate(secretId)
    expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
  })

  it('nothing is sent where a rotation would need more than twenty labels', async () => {
    const target = await stored()
    const current = await holder(target.secretId, 'AWSCURRENT')
    const rotation = await secrets.begin(target.secretId)
    for (let n = 0; n < 18; n++) await label(target.secretId, `OF_OURS_${n}`, current)
    front.heard.length = 0
    for (let n = 0; n < 2; n++) {
      const error = await failing(rotation)
      expect(error.errorMessage).toMatch(/20 staging labels.*take labels off that nobody needs/)
      expect(tokenRequests()).toBe(0)
      await label(target.secretId, `OF_OURS_${n}`)
    }
    await rotation.run('createSecret', 'testSecret')
    expect(await server.isFresh((await latest(target)).refresh_token)).toBe(true)
  })

  it('the refresh token of a new authorization is used', async () => {
    const target = await stored()
    await secrets.rotate(target.secretId)
    const fresh = await oauthTarget(server)
    await put(target.secretId, fresh.value)
    await secrets.rotate(target.secretId)
    expect(await server.isFresh(tokensIn(fresh.value).refresh_token)).toBe(false)
  })

  it('a refused refresh token is not sent again by later rotations', async () => {
    const target = await stored()
    await server.revoke(tokensIn(target.value).refresh_token)
    front.heard.length = 0
    const rotation = await secrets.begin(target.secretId)
    expect((await failing(rotation)).errorType).toBe('ReauthorizationRequired')
    expect((await failing(rotation)).errorType).toBe('ReauthorizationRequired')
    expect(tokenRequests()).toBe(1)
  })

  it.each([
    ['invalid_client', { status: 401, body: '{"error":"invalid_client"}' }, 'ClientRefused'],
    ['429', { status: 429 }, 'ProviderFailed'],
    ['unauthorized_client', { status: 400, body: '{"error":"unauthorized_client"}' }, 'ProviderRefused'],
  ] as const)('%s is no end of the grant: the next attempt succeeds at once', async (_, said, code) => {
    const target = await stored()
    const rotation = await secrets.begin(target.secretId)
    spoil(said)
    expect((await failing(rotation)).errorType).toBe(code)
    await rotation.run(...fourSteps)
    await target.expectPromoted(rotation, target.value)
  })

  it.each([
    ['500 with invalid_grant', { status: 500, body: '{"error":"invalid_grant"}' }, 'ProviderFailed'],
    ['a page of maintenance', { status: 200, body: '<html>We are back soon</html>' }, 'AnswerUnusable'],
    ['a redirect', { status: 302, headers: { location: 'https://login.example.com/' } }, 'AnswerUnusable'],
    ['an empty answer', { status: 200, body: '' }, 'AnswerUnusable'],
    ['an access token that is no text', { status: 200, body: '{"access_token":{"a":1}}' }, 'AnswerUnusable'],
    ['an empty access token', { status: 200, body: '{"access_token":""}' }, 'AnswerUnusable'],
  ] as const)('%s is no end of the grant: nobody knows, so the refresh token stays claimed', async (_, said, code) => {
    const target = await stored()
    await described.describe({ consumed_refresh_token_introspects: 'inactive' })
    const rotation = await secrets.begin(target.secretId)
    spoil(said)
    expect((await failing(rotation)).errorType).toBe(code)
    await older(target)
    await rotation.run(...fourSteps)
    await target.expectPromoted(rotation, target.value)
  })

  it('a function that may not store a value uses no refresh token up', async () => {
    const target = await stored()
    const rotation = await secrets.begin(target.secretId)
    front.heard.length = 0
    fault = (operation) =>
      operation === 'PutSecretValue' ? { error: { type: 'AccessDeniedException', message: 'no' } } : undefined
    expect((await failing(rotation)).errorType).toBe('AccessDenied')
    expect(tokenRequests()).toBe(0)
  })

  it('tokens are stored in the end where Secrets Manager fails for a while', async () => {
    const target = await stored()
    const rotation = await secrets.begin(target.secretId)
    let failures = 0
    fault = (operation) =>
      operation === 'PutSecretValue' && tokenRequests() > 0 && failures++ < 4 ? { throttle: true } : undefined
    front.heard.length = 0
    await rotation.run(...fourSteps)
    await target.expectPromoted(rotation, target.value)
  })

  it('the newest refresh token stays in a labelled version when AWSPENDING is taken off, and is promoted without a request', async () => {
    const target = await stored()
    const first = await secrets.begin(target.secretId)
    await first.run('createSecret')
    const given = (await target.staged()).AWSPENDING ?? '{}'
    await givenUp(target, first)
    expect(await latest(target)).toEqual(tokensIn(given))
    front.heard.length = 0
    const second = await secrets.begin(target.secretId)
    await second.run(...fourSteps)
    expect(tokenRequests()).toBe(0)
    expect((await target.staged()).AWSCURRENT).toBe(given)
    await second.end()
    await secrets.rotate(target.secretId)
    expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
  })

  it('tokens of the same millisecond as AWSCURRENT count as newer than those they replace', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const target = await stored()
    const first = await secrets.begin(target.secretId)
    vi.useRealTimers()
    await first.run('createSecret')
    await givenUp(target, first)
    front.heard.length = 0
    await secrets.rotate(target.secretId)
    expect(tokenRequests()).toBe(0)
  })

  it('tokens that arrive after their rotation was dropped are kept, and the next rotation promotes them', async () => {
    const target = await stored()
    await secrets.rotate(target.secretId)
    const first = await secrets.begin(target.secretId)
    front.heard.length = 0
    let second: RotationByHand | undefined
    fault = async (operation) => {
      if (operation === 'PutSecretValue' && tokenRequests() > 0 && second === undefined) {
        await givenUp(target, first)
        second = await secrets.begin(target.secretId)
      }
      return undefined
    }
    expect((await failing(first)).errorType).toBe('NotPending')
    await second?.run(...fourSteps)
    expect(tokenRequests()).toBe(1)
    const AWSCURRENT = await target.stagedValue('AWSCURRENT')
    expect(AWSCURRENT).not.toBe(target.value)
    expect(await target.works(AWSCURRENT)).toBe(true)
  })

  it('unfinished tokens with the refresh token of before do not look claimed when they are taken up', async () => {
    await using lasting = await startOauthServer({ rotation: 'none' })
    await using entry = await describedOauthServer(lasting.front, oauthDescription(lasting.front, 'single_use'))
    await using own = await secretsManagerFor({ ...about, env: entry.env })
    const target = await storedTarget(type, own, await oauthTarget(lasting), seen)
    const first = await own.begin(target.secretId)
    await first.run('createSecret')
    const { client } = own
    const move = { VersionStage: 'AWSPENDING', RemoveFromVersionId: first.token }
    await client.send(new UpdateSecretVersionStageCommand({ SecretId: target.secretId, ...move }))
    lasting.front.heard.length = 0
    for (let n = 0; n < 2; n++) await own.rotate(target.secretId)
    expect(lasting.front.heard.filter(isTokenRequest)).toHaveLength(1)
  })

  it('unfinished tokens that have expired are refreshed, from the newest refresh token', async () => {
    const target = await stored()
    const first = await secrets.begin(target.secretId)
    spoil(change((json) => ({ ...json, expires_in: 60 })))
    await first.run('createSecret')
    await givenUp(target, first)
    await secrets.rotate(target.secretId)
    expect(tokenRequests()).toBe(2)
    expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
  })

  it('a secret that is written while it is rotated keeps its token: none is sent', async () => {
    const target = await stored()
    const rotation = await secrets.begin(target.secretId)
    front.heard.length = 0
    let once = 1
    fault = async (operation) => {
      if (operation === 'UpdateSecretVersionStage' && once-- > 0) {
        await put(target.secretId, JSON.stringify({ ...tokensIn(target.value), note: 'mine' }))
      }
      return undefined
    }
    expect((await failing(rotation)).errorType).toBe('ClaimDisturbed')
    expect(tokenRequests()).toBe(0)
    await rotation.end()
    await secrets.rotate(target.secretId)
    expect(tokensIn((await target.staged()).AWSCURRENT ?? '{}').note).toBe('mine')
  })
})

describe('an answer that is odd', () => {
  it.each([
    ['200 with an error', { status: 200, body: '{"error":"bad_refresh_token"}' }],
    ['an error of its own beside a token', { status: 200, body: '{"status":"BAD_REFRESH_TOKEN","access_token":"x"}' }],
    ['400 with an error of its own', { status: 400, body: '{"status":"BAD_REFRESH_TOKEN"}' }],
  ])('%s ends the grant where the entry says so', async (_, said) => {
    await described.describe({
      errors: [
        { pointer: '/error', equals: 'bad_refresh_token', means: 'invalid_grant' },
        { pointer: '/status', equals: 'BAD_REFRESH_TOKEN', means: 'invalid_grant' },
      ],
    })
    const rotation = await secrets.begin((await stored()).secretId)
    spoil(said)
    expect((await failing(rotation)).errorType).toBe('ReauthorizationRequired')
  })

  it.each([
    ['an id_token of somebody else', (json: object) => ({ ...json, id_token: 'e30.e30.' })],
    ['no token_type', ({ token_type, ...json }: Record<string, unknown>) => json],
    ['expires_in as a text', (json: object) => ({ ...json, expires_in: '28800' })],
    ['expires_in with a fraction', (json: object) => ({ ...json, expires_in: 3599.5 })],
    ['no expires_in', ({ expires_in, ...json }: Record<string, unknown>) => json],
    ['a form', (json: object) => String(new URLSearchParams(json as Record<string, string>))],
  ])('%s is taken as it is meant', async (_, body) => {
    const target = await stored()
    spoil(change(body))
    await secrets.rotate(target.secretId)
    const { AWSCURRENT = '{}' } = await target.staged()
    expect(await target.works(AWSCURRENT)).toBe(true)
    expect(await server.isFresh(tokensIn(AWSCURRENT).refresh_token)).toBe(true)
    expect(tokensIn(AWSCURRENT)).not.toHaveProperty('id_token')
  })

  it.each([
    [201, {}],
    [200, { 'content-type': 'text/html' }],
  ] as const)('%s with headers %o is taken as it is meant', async (status, headers) => {
    const target = await stored()
    spoil(change((json) => json, { status, headers }))
    await secrets.rotate(target.secretId)
    expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
  })

  it.each([
    ['token_type', { token_type: 'mac' }, {}],
    ['expires_in', { expires_in: -1 }, {}],
    ['scope', { scope: 'openid' }, { scope: 'openid offline_access' }],
  ])(
    'an odd %s is stored, refused by testSecret, and asked for again by the next rotation',
    async (name, odd, fields) => {
      const target = await stored(fields)
      const rotation = await secrets.begin(target.secretId)
      spoil(change((json) => ({ ...json, ...odd })))
      await rotation.run('createSecret')
      const error = await failing(rotation, 'testSecret')
      expect([error.errorType, error.errorMessage]).toEqual(['TokenOdd', expect.stringContaining(name)])
      expect(await server.isFresh((await latest(target)).refresh_token)).toBe(true)
      await givenUp(target, rotation)
      await secrets.rotate(target.secretId)
      const { AWSCURRENT = '{}' } = await target.staged()
      expect(await target.works(AWSCURRENT)).toBe(true)
      expect(tokensIn(AWSCURRENT)).not.toHaveProperty('scope_before')
    },
  )

  it('an odd answer is promoted all the same where the access token of before is dead', async () => {
    await described.describe({ old_access_token: 'dies' })
    const target = await stored()
    spoil(change((json) => ({ ...json, token_type: 'mac' })))
    await secrets.rotate(target.secretId)
    expect(secrets.output()).toContain('is dead from now on until finishSecret')
    expect(secrets.output()).toContain('"gapMs":')
  })
})

describe('a secret that has leaked', () => {
  it.each([
    ['none', /The refresh token lives on: end the grant.* "client_secret" stays the same/],
    ['single_use', /^"client_secret" stays the same/],
  ])('names what no rotation ends, with rotation %s', async (rotation, left) => {
    await described.describe({ rotation })
    const { secretId } = await stored()
    await secrets.begin(secretId)
    const { outlives } = await probed(secrets, secretId)
    expect(outlives).toMatch(left)
  })
})

describe('testSecret', () => {
  it('never asks the token endpoint, and fails where the access token is refused', async () => {
    const target = await stored()
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret', 'setSecret')
    await server.revoke((await latest(target)).refresh_token)
    front.heard.length = 0
    expect((await failing(rotation, 'testSecret')).errorType).toBe('TokenRefused')
    expect(front.heard.map(({ path }) => path)).toEqual(['/me'])
  })

  it('asks by introspection where there is no probe', async () => {
    await described.describe({ probe: undefined })
    const target = await stored()
    front.heard.length = 0
    await secrets.rotate(target.secretId)
    expect(front.heard.filter(isOurs).map(({ path }) => path)).toEqual(['/token', '/token/introspection'])
  })

  it("a probe names for each version what is wrong with its provider's entry", async () => {
    await using own = await secretsManagerFor({ ...about, env: {} })
    const { provider: _none, ...rest } = tokensIn((await oauthTarget(server)).value)
    const secretId = await own.store(JSON.stringify(rest))
    await own.begin(secretId)
    const { findings, problem } = await probed(own, secretId)
    expect(problem).toBeUndefined()
    expect(findings[0]).toMatchObject({ labels: ['AWSCURRENT'], verdict: 'fails', code: expect.any(String) })
  })

  it('without a rotation names an expired access token, and passes', async () => {
    const { refresh_token, ...rest } = tokensIn((await oauthTarget(server)).value)
    const secretId = await secrets.store(JSON.stringify({ ...rest, refresh_token, access_token: 'expired-long-ago-1' }))
    front.heard.length = 0
    await secrets.testOnly(secretId)
    expect(front.heard.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /token', 'GET /me'])
    expect(secrets.output()).toContain('has probably expired')
  })
})
