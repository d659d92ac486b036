import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { bundled } from '../../../functions/oauth/bundled.ts'
import { checkedDescription } from '../../../functions/oauth/checks.ts'
import { providerOf } from '../../../functions/oauth/providers.ts'
import { parseOauthSecret } from '../../../functions/oauth/secret.ts'
import { providerSettings } from '../../../shared/http/provider-settings.ts'
import { repositoryPath } from '../../support/function-under-test.ts'
import { providerSchema } from './schema.ts'

const folder = repositoryPath('functions/oauth/providers')
const names = readdirSync(folder).flatMap((file) => (file.endsWith('.json') ? [file.replace('.json', '')] : []))
const page = readFileSync(repositoryPath('docs/oauth.md'), 'utf8')
const good = {
  name: 'own',
  title: 'Our own',
  hosts: 'self-hosted',
  token_endpoint: 'https://{host}/realms/{realm}/token',
}

describe('the entries that come with the functions', () => {
  it('are all bundled', () => {
    expect(Object.keys(bundled).sort()).toEqual(names.sort())
  })

  it.each(names)('%s is a valid entry under its own name', (name) => {
    expect(checkedDescription(bundled[name], `${name}.json`).name).toBe(name)
  })

  it.each(names)('%s has a source for each member', (name) => {
    expect(existsSync(`${folder}/sources/${name}.json`)).toBe(true)
    const sources = JSON.parse(readFileSync(`${folder}/sources/${name}.json`, 'utf8')) as {
      url: string
      says: string[]
    }[]
    for (const { url } of sources) expect(new URL(url).protocol).toBe('https:')
    const members = Object.keys(bundled[name] as object).filter((member) => !['name', 'title'].includes(member))
    expect(sources.flatMap(({ says }) => says).sort()).toEqual(members.map((member) => `/${member}`).sort())
  })

  it('are in the documentation, with whether they were run', () => {
    const rows = [...page.matchAll(/^\| `([a-z0-9-]+)` \|.*\| (run in our tests|read, not run) \|$/gm)]
    expect(rows.map(([, name]) => name).sort()).toEqual(names.sort())
    expect(rows.filter(([, , how]) => how === 'run in our tests').map(([, name]) => name)).toEqual(['keycloak'])
  })
})

describe('an entry of a provider', () => {
  it('has the safest setting where it says nothing', () => {
    expect(checkedDescription(good, 'a.json')).toMatchObject({
      rotation: 'single_use',
      old_access_token: 'lives',
      client_authentication: 'client_secret_basic',
    })
  })

  it.each([
    ['an unknown member', { extra: 1 }, '/extra is not known'],
    ['no token endpoint', { token_endpoint: undefined }, '/token_endpoint is missing'],
    ['clear text', { token_endpoint: 'http://{host}/token' }, '/token_endpoint is not as it must be'],
    ['a query', { token_endpoint: 'https://{host}/token?a=b' }, '/token_endpoint is not as it must be'],
    ['a user in an endpoint', { token_endpoint: 'https://a@{host}/token' }, '/token_endpoint is not as it must be'],
    ['a step upwards', { token_endpoint: 'https://{host}/../token' }, '/token_endpoint has a step'],
    ['{host} in a path', { token_endpoint: 'https://{host}/{host}' }, '/token_endpoint has {host} in its path'],
    ['no hosts', { hosts: undefined }, 'the whole has no "hosts"'],
    ['hosts for nothing', { token_endpoint: 'https://a.example/token' }, '/hosts are in no endpoint'],
    ['a host that is a pattern', { hosts: ['*.example.com'] }, '/hosts/0 is a pattern'],
    ['a grace without seconds', { rotation: 'grace' }, '/rotation is not as it must be'],
    [
      'introspection without an endpoint',
      { consumed_refresh_token_introspects: 'inactive' },
      'needs an "introspection_endpoint"',
    ],
    [
      'a refresh token among the fields',
      { token_parameters: { refresh_token: 'x' } },
      "/token_parameters/refresh_token is not the entry's to say",
    ],
  ])('with %s is refused, and the member named', (_, change, words) => {
    const entry = JSON.parse(JSON.stringify({ ...good, ...change })) as unknown
    expect(() => checkedDescription(entry, 'a.json')).toThrow(words)
  })

  it('has the JSON Schema that the code checks by', () => {
    const file = repositoryPath('docs/oauth-provider.schema.json')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(providerSchema())
  })
})

describe('the fields of a secret about its provider', () => {
  const settings = (OAUTH_HOSTS: string) =>
    providerSettings('OAUTH', {
      provider: 'keycloak',
      providers: undefined,
      hosts: OAUTH_HOSTS,
      privateHosts: undefined,
      caBundle: undefined,
    })
  const url = async (params: object, hosts = 'keycloak=sso.example.com,keycloak=sso2.example.com') => {
    const secret = parseOauthSecret(JSON.stringify({ client_id: 'c', params }))
    const provider = await providerOf(secret, settings(hosts), {})
    return provider.url(provider.description.token_endpoint).href
  }

  it('make the endpoint, each value one step of its path', async () => {
    expect(await url({ host: 'sso.example.com', realm: 'a b?#%2f' })).toBe(
      'https://sso.example.com/realms/a%20b%3F%23%252f/protocol/openid-connect/token',
    )
  })

  it.each([
    ['a path in a host', { host: 'sso.example.com/x', realm: 'r' }, 'is not one of Keycloak'],
    ['a host that is not listed', { host: 'evil.example.com', realm: 'r' }, 'is not one of Keycloak'],
    ['no choice of a host', { realm: 'r' }, 'does not say at which'],
    ['no realm', { host: 'sso.example.com' }, '"realm" in "params" of the secret is missing'],
    ['a realm that leads up', { host: 'sso.example.com', realm: '..' }, 'cannot be a step of a path'],
    ['a realm with a slash', { host: 'sso.example.com', realm: 'a/b' }, 'cannot be a step of a path'],
    [
      'a realm that is a number',
      { host: 'sso.example.com', realm: 1 },
      '"realm" in "params" of the secret must be a text',
    ],
  ])('%s leads nowhere', async (_, params, words) => {
    await expect(url(params)).rejects.toThrow(words)
  })

  it('reach no host that the function does not list', async () => {
    await expect(url({ realm: 'r' }, '')).rejects.toThrow('OAUTH_HOSTS lists no host of Keycloak')
  })
})
