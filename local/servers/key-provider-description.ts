import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HttpsFront } from './https-front.ts'

/** How the function ApiKey finds a provider on this machine. */
export interface DescribedProvider extends AsyncDisposable {
  /** Variables of the function. */
  readonly env: Readonly<Record<string, string>>
  /** Writes the description anew, with other members. */
  describe(change: Readonly<Record<string, unknown>>): Promise<void>
}

/** Writes the files that the variables of the function name. @param description of the provider behind the front */
export async function describedProvider(front: HttpsFront, description: object): Promise<DescribedProvider> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-provider-'))
  const [file, ca] = [join(folder, 'providers.json'), join(folder, 'ca.pem')]
  const describe = (change: object) => writeFile(file, JSON.stringify([{ ...description, ...change }]))
  await Promise.all([writeFile(ca, front.certificate), describe({})])
  const env = {
    API_KEY_PROVIDER: 'key-provider',
    API_KEY_PROVIDERS: file,
    API_KEY_HOSTS: front.host,
    HTTP_CA_BUNDLE: ca,
  }
  return { env, describe, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

const account = { $from: 'secret:/params/account' }

/** The provider of key-provider.ts, as its documentation would have it. */
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
      ...{ method: 'POST', path, parameters, json: { name: { $marker: true } } },
      ...{ expect: [201], conflict: [409], outputs: { api_key: '/key', key_id: '/id' } },
    },
    list: {
      ...{ method: 'GET', path, parameters, expect: [200], items: '/keys', id: '/id', marker: '/name' },
      pages: { query: 'page', by: 'number', size: 100 },
    },
    revoke: {
      ...{ method: 'DELETE', path: `${path}/{id}`, parameters: { account, id: { $from: 'key:/key_id' } } },
      ...{ expect: [204], gone: [404] },
    },
    verify: {
      ...{ method: 'GET', path: '/me', alive: [200], dead: [401], settleSeconds: 10 },
      identity: { pointer: '/account', equals: account },
    },
  }
}
