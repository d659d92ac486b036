import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { apiKeyKind } from '../../../functions/api-key/secret-type.ts'
import { descriptionOf } from '../../../local/servers/key-provider-description.ts'
import { checkedDescription } from '../../../shared/described/checks.ts'
import { repositoryPath } from '../../support/function-under-test.ts'
import { providerSchema } from './schema.ts'

const good = descriptionOf({ host: 'api.example.com' })
const { create, verify, list, revoke, auth } = good
const { conflict: _, outputs: _outputs, ...apply } = create
const { graceSeconds, ...roll } = { ...create, graceSeconds: 60 }

describe('a description of a provider', () => {
  it('is taken unchanged where it is valid', () => {
    expect(checkedDescription(good, 'a.json', apiKeyKind)).toMatchObject({
      name: 'key-provider',
      verify: { settleSeconds: 10 },
    })
  })

  it.each([
    ['an unknown member', { extra: 1 }, '/extra is not known'],
    ['an unknown member further down', { verify: { ...verify, aliv: [200] } }, '/verify/aliv is not known'],
    ['no name', { name: undefined }, '/name is missing'],
    ['a host that is a URL', { hosts: ['http://api.example.com'] }, '/hosts/0 is a URL'],
    ['a host that is a pattern', { hosts: ['*.example.com'] }, '/hosts/0 is a pattern'],
    ['a host with a dot at its end', { hosts: ['api.example.com.'] }, '/hosts/0 ends in a dot'],
    ['no way to a key', { create: undefined }, 'the whole must have one of "create", "rotate" and "apply"'],
    ['two ways to a key', { rotate: { ...roll, conflict: undefined, graceSeconds } }, 'the whole must have one of'],
    [
      'values that are made and not told',
      { generate: { api_key: { $marker: true } } },
      'the whole must have "generate" and "apply" together',
    ],
    ['no way to find orphans', { list: undefined }, 'the whole has no "list"'],
    [
      'no way to find orphans among values of our own',
      { create: undefined, list: undefined, apply, generate: { api_key: { $marker: true } } },
      'the whole has no "list"',
    ],
    ['no way to revoke', { revoke: undefined }, 'the whole has no "revoke"'],
    ['a revoke without gone', { revoke: { ...revoke, gone: undefined } }, '/revoke/gone is missing'],
    ['a list without names', { list: { ...list, marker: undefined } }, '/list/marker is missing'],
    [
      'keys that are not marked',
      { create: { ...create, json: { name: 'key' } } },
      '/create puts no "$marker" into the new key',
    ],
    ['no id of a key', { create: { ...create, outputs: { api_key: '/key' } } }, '/create/outputs has no "key_id"'],
    ['no key', { create: { ...create, outputs: { key_id: '/id' } } }, '/create/outputs has no "api_key"'],
    [
      'outputs that lead elsewhere',
      { create: { ...create, outputs: { ...create.outputs, admin_secret_arn: '/x' } } },
      '/create/outputs/admin_secret_arn is a field that is not',
    ],
    [
      'outputs that are no pointers',
      { create: { ...create, outputs: { ...create.outputs, api_key: 'key' } } },
      '/create/outputs/api_key is not as it must be',
    ],
    [
      'a verify that does not use the pending key',
      { auth: { ...auth, use: auth.manage } },
      '/auth/use does not use the pending key',
    ],
    [
      'alive and dead that overlap',
      { verify: { ...verify, alive: [200, 401] } },
      '/verify/dead and "alive" both have 401',
    ],
    [
      'an unknown source',
      { auth: { ...auth, manage: { scheme: 'bearer', token: { $from: 'env:/API_KEY' } } } },
      '/auth/manage',
    ],
    [
      'a source that is not at hand',
      { list: { ...list, query: { q: { $from: 'pending:/api_key' } } } },
      '/list/query/q/$from reads "pending", which is not at hand there',
    ],
    [
      'an unknown source in a body',
      { create: { ...create, json: { name: { $marker: true }, x: { $from: 'env:/API_KEY' } } } },
      '/create/json/x/$from is no source',
    ],
    ['a reference beside members', { create: { ...create, json: { name: { $marker: true, x: 1 } } } }, '/create'],
    [
      'an unknown reference',
      { create: { ...create, json: { name: { $marker: true }, x: { $env: 'A' } } } },
      '/create/json/x/$env is not known',
    ],
    ['a path without its parameter', { list: { ...list, parameters: {} } }, '/list/parameters has no "account"'],
    [
      'a parameter that is in no path',
      { list: { ...list, parameters: { ...list.parameters, x: 'y' } } },
      '/list/parameters/x is not in the path',
    ],
    ['a path that leads up', { list: { ...list, path: '/a/../{account}' } }, '/list/path has a step that is'],
    ['a path with a query', { list: { ...list, path: '/a?b={account}' } }, '/list/path is not as it must be'],
    [
      'a path that is a URL',
      { list: { ...list, path: 'https://evil.example/{account}' } },
      '/list/path is not as it must be',
    ],
    ['a GET with a body', { list: { ...list, json: {} } }, '/list/method is GET'],
    [
      'two bodies',
      { create: { ...create, form: { name: { $marker: true } } } },
      '/create/form and "json" exclude each other',
    ],
    ['a status that is none', { verify: { ...verify, alive: [20] } }, '/verify/alive/0 is not as it must be'],
    ['no status at all', { verify: { ...verify, alive: [] } }, '/verify/alive is not as it must be'],
    ['a header with a line break in its name', { list: { ...list, headers: { 'a\nb': 'c' } } }, '/list/headers'],
  ])('with %s is refused', (_, change, words) => {
    const text = JSON.stringify({ ...good, ...change })
    expect(() => checkedDescription(JSON.parse(text), 'a.json', apiKeyKind)).toThrow(`a.json: ${words}`)
  })

  it.each([null, 'x', 1])('that is %j is refused', (value) => {
    expect(() => checkedDescription(value, 'a.json', apiKeyKind)).toThrow('a.json: the whole is not as it must be')
  })

  it("has a JSON Schema that npm run schema makes of the function's own checks", () => {
    const published: unknown = JSON.parse(readFileSync(repositoryPath('docs/api-key-provider.schema.json'), 'utf8'))
    expect(published).toEqual(providerSchema())
  })
})
