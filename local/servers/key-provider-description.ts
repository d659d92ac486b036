import { type DescribedServer, describedServer } from './described-server.ts'
import type { HttpsFront } from './https-front.ts'

/** The variables of the functions, and the files that they name. @param description of the server behind the front */
export function describedProvider(front: HttpsFront, description: object): Promise<DescribedServer> {
  return describedServer('API_KEY', 'key-provider', front, description)
}

const account = { $from: 'secret:/params/account' }

/** The description of the provider of key-provider.ts, as if written from its documentation. */
export function descriptionOf({ host }: Pick<HttpsFront, 'host'>) {
  const path = '/accounts/{account}/keys'
  const parameters = { account }
  return {
    name: 'key-provider',
    title: 'the provider of this machine',
    hosts: [host],
    auth: {
      manage: { scheme: 'bearer', token: { $from: 'admin:/api_key' } },
      use: { scheme: 'bearer', token: { $from: 'pending:/api_key' } },
    },
    create: {
      method: 'POST',
      path,
      parameters,
      json: { name: { $marker: true } },
      expect: [201],
      conflict: [409],
      outputs: { api_key: '/key', key_id: '/id' },
    },
    list: {
      method: 'GET',
      path,
      parameters,
      expect: [200],
      items: '/keys',
      id: '/id',
      marker: '/name',
      pages: { query: 'page', by: 'number', size: 100 },
    },
    revoke: {
      method: 'DELETE',
      path: `${path}/{id}`,
      parameters: { account, id: { $from: 'key:/key_id' } },
      expect: [204],
      gone: [404],
    },
    verify: {
      method: 'GET',
      path: '/me',
      alive: [200],
      dead: [401],
      settleSeconds: 10,
      identity: { pointer: '/account', equals: account },
    },
  }
}
