import { apiKey } from '../../functions/api-key/secret-type.ts'
import type { DescribedSettings } from '../../shared/described/kind.ts'
import type { DescribedSecret } from '../../shared/described/secret.ts'
import { rotate } from '../../shared/rotation/rotate.ts'
import type { SecretType } from '../../shared/rotation/secret-type.ts'
import type { Outside } from '../world/outside.ts'
import type { SimulatedType } from '../world/simulated-type.ts'
import { valuesInUse, type World } from '../world/world.ts'
import { description, type KeyServerDefects, keyServer, ofChosenValues } from './key-server.ts'
import { type KeyForm, type Provider, provider } from './provider.ts'
import { remembering } from './remembering.ts'

export interface ApiKeyCase {
  readonly name: string
  readonly slots: number
  /** Whether the first key, which a person has made, is revoked, too: two slots are too few for it. */
  readonly revokeFirst: boolean
  /** Whether the function chooses the values, and tells them in setSecret. */
  readonly chosen?: true
}

export const apiKeyCases: readonly ApiKeyCase[] = [
  { name: 'api-key', slots: 20, revokeFirst: false },
  { name: 'api-key-two-slots', slots: 2, revokeFirst: true },
  { name: 'api-key-chosen-values', slots: 2, revokeFirst: true, chosen: true },
]

interface Text {
  readonly api_key: string
  readonly key_id: string
}

function formOf({ slots, revokeFirst }: ApiKeyCase): KeyForm {
  const parsed = (text: string) => JSON.parse(text) as Text
  return {
    slots,
    key: (number) => ({ id: `key${number}`, value: `value-of-key${number}` }),
    read(text) {
      const { api_key: value, key_id: id } = parsed(text)
      return { id, value }
    },
    write: (text, { id, value }) => JSON.stringify({ ...parsed(text), api_key: value, key_id: id }),
    isOurs: ({ marker }) => revokeFirst || marker.startsWith('keyturn-'),
  }
}

/** @param change a defect, for the test of the tests: in the type of the secret, or in the server */
export function simulatedApiKey(
  about: ApiKeyCase,
  server: KeyServerDefects = {},
  change: (type: SecretType<DescribedSecret>, world: World, outside: Outside) => SecretType<DescribedSecret> = (type) =>
    type,
): SimulatedType {
  const form = formOf(about)
  const read = new Map<string, DescribedSecret>()
  const settings: DescribedSettings = {
    prefix: 'API_KEY',
    provider: description.name,
    file: { path: 'model.json', descriptions: [about.chosen ? ofChosenValues : description] },
    hosts: description.hosts,
    ownHosts: {},
    privateHosts: [],
    adminSecretArns: [],
    revokeFirst: about.revokeFirst,
    caBundle: undefined,
  }
  return {
    name: about.name,
    real: 'protocol and secret type',
    below: 'HTTP and TLS, odd answers, and how long a new key takes to be known',
    overlap: true,
    target: () => provider(form),
    value: () => form.write('{}', form.key(0)),
    rotate(event, around, world, outside) {
      const http = keyServer(world.target as Provider, outside, () => valuesInUse(world), server)
      const type = change(apiKey(settings, { server: http }), world, outside)
      return rotate(remembering(type, read), event, around)
    },
  }
}
