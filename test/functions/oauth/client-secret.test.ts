import { readFileSync } from 'node:fs'
import { afterAll, afterEach, expect, it } from 'vitest'
import { startClientRegistration } from '../../../local/servers/client-registration.ts'
import { expectFailure } from '../../contract/failure.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import type { Suite } from '../../contract/suite.ts'
import { codeOf, saidBy } from '../../support/outcome.ts'
import { fourSteps } from '../../support/secrets-manager.ts'
import { clientIn, registeredClientSecret, registrationFiles } from './client-secret-types.ts'

const server = await startClientRegistration()
const { front, options } = server
const files = await registrationFiles(front)

afterEach(async () => {
  front.spoil = () => undefined
  Object.assign(options, { newSecretAtUpdate: true, newTokenAtUpdate: false })
  await files.describe({})
})
afterAll(async () => {
  await files[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

await secretTypeContract(registeredClientSecret(server, files.env), undefined, (suite) => {
  lostAnswers(suite)
  oddServers(suite)
})

/** The methods of what the function has asked the registration. */
const asked = () => front.heard.filter(({ path }) => path.startsWith('/reg/')).map(({ method }) => method)

function lostAnswers(suite: Suite): void {
  const { stored, secrets } = suite
  it('a client secret whose answer was lost is read again, and no other one is made', async () => {
    const target = await stored()
    front.spoil = ({ method }) => (method === 'PUT' ? 'cut after' : undefined)
    front.heard.length = 0
    await secrets.rotate(target.secretId)
    expect(asked()).toEqual(['GET', 'PUT', 'GET'])
    expect(clientIn(await target.stagedValue('AWSCURRENT')).client_secret).toBe(await target.snapshot())
  })

  it('a client secret that could not be read again is read by the next run', async () => {
    const target = await stored()
    const rotation = await secrets.begin(target.secretId)
    let isCut = false
    front.spoil = ({ method }) => {
      isCut ||= method === 'PUT'
      return isCut ? 'cut after' : undefined
    }
    const outcome = await rotation.attempt('createSecret')
    expect(codeOf(outcome)).toBe('NoAnswer')
    front.spoil = () => undefined
    const lost = await target.snapshot()
    front.heard.length = 0
    await rotation.run(...fourSteps)
    expect(asked()).toEqual(['GET'])
    expect(clientIn(await target.stagedValue('AWSCURRENT')).client_secret).toBe(lost)
    await target.expectPromoted(rotation, target.value)
  })

  it('an update that never arrived has changed nothing', async () => {
    const target = await stored()
    front.spoil = ({ method }) => (method === 'PUT' ? 'cut before' : undefined)
    await expectFailure(suite, target, { code: 'NoAnswer', step: 'createSecret' })
  })
}

function oddServers(suite: Suite): void {
  const { stored, secrets } = suite
  it('a server that makes no new client secret at an update is named as such', async () => {
    options.newSecretAtUpdate = false
    const error = await expectFailure(suite, await stored(), { code: 'AnswerUnusable', step: 'createSecret' })
    expect(error.errorMessage).toContain('answered with the client secret that is in use, not with a new one')
    expect(error.errorMessage).toContain('or the provider makes none when it is asked so')
  })

  it('a registration access token that changes is stored with the secret', async () => {
    options.newTokenAtUpdate = true
    const outputs = { client_secret: '/client_secret', registration_access_token: '/registration_access_token' }
    const read = { method: 'GET', path: '/reg/{client}', parameters: { client: { $from: 'secret:/client_id' } } }
    const { rotate } = entryOf(files.env)
    await files.describe({ read: { ...read, expect: [200], outputs }, rotate: { ...rotate, outputs } })
    const target = await stored()
    await secrets.rotate(target.secretId)
    const first = await target.stagedValue('AWSCURRENT')
    await secrets.rotate(target.secretId)
    const AWSCURRENT = await target.stagedValue('AWSCURRENT')
    const tokenIn = (value: string) => (JSON.parse(value) as Record<string, unknown>).registration_access_token
    expect(new Set([target.value, first, AWSCURRENT].map(tokenIn)).size).toBe(3)
    expect(await target.works(AWSCURRENT)).toBe(true)
  })

  it.each([
    ['a page in HTML', { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>hello' }, 'AnswerUnusable'],
    ['a secret that is a number', { status: 200, body: '{"client_secret":null}' }, 'AnswerUnusable'],
    ['too many requests', { status: 429, headers: { 'retry-after': '3600' }, body: '' }, 'ProviderFailed'],
    ['a fault', { status: 500, body: '' }, 'ProviderFailed'],
    ['a refusal', { status: 403, body: '{"error":"invalid_token"}' }, 'ProviderRefused'],
  ] as const)('%s in the place of the secret changes nothing, and has a code of its own', async (_, said, code) => {
    const target = await stored()
    front.spoil = ({ method }) => (method === 'GET' ? said : undefined)
    await expectFailure(suite, target, { code, step: 'createSecret' })
  })

  it('a new secret that the server does not take is not promoted', async () => {
    const target = await stored()
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret', 'setSecret')
    front.spoil = ({ path }) => (path.startsWith('/token') ? { status: 401, body: '' } : undefined)
    const outcome = await rotation.attempt('testSecret')
    expect(codeOf(outcome)).toBe('KeyRefused')
    expect(saidBy(outcome)).toContain('does not know the client secret')
  })

  it('the time in which nobody has a client secret that works is measured', async () => {
    await secrets.rotate((await stored()).secretId)
    expect(secrets.output()).toMatch(/"gapMs":\d+|"Gap\w*":\d+/)
  })
}

function entryOf(env: Readonly<Record<string, string>>): { readonly rotate: object } {
  const [entry] = JSON.parse(readFileSync(env.OAUTH_PROVIDERS ?? '', 'utf8')) as [{ client_secret: { rotate: object } }]
  return entry.client_secret
}
