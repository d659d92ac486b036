import type { AccessKeySecret } from '../../functions/iam/secret.ts'
import { type Iam, iamAccessKey } from '../../functions/iam/secret-type.ts'
import type { Identity } from '../../shared/aws/sts.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { rotate } from '../../shared/rotation/rotate.ts'
import type { CallKind, Outside } from '../world/outside.ts'
import type { SimulatedType } from '../world/simulated-type.ts'
import { valuesInUse } from '../world/world.ts'
import { type KeyForm, type Provider, provider } from './provider.ts'
import { remembering } from './remembering.ts'

const form: KeyForm = {
  slots: 2,
  key: (number) => ({
    id: `AKIA${number}`.padEnd(20, 'X'),
    value: `the secret half of key ${number}`.replaceAll(' ', '-'),
  }),
  read(text) {
    const { api_key: id, secret_key: value } = JSON.parse(text) as { api_key: string; secret_key: string }
    return { id, value }
  },
  write: (text, { id, value }) => JSON.stringify({ ...(JSON.parse(text) as object), api_key: id, secret_key: value }),
  isOurs: () => true,
}

/** IAM and STS, as one run reaches them: a user with two slots, and times in whole seconds. */
function iam(user: Provider, outside: Outside, inUse: () => readonly string[]): Iam {
  let again = false
  const at = <T>(kind: CallKind, name: string, effect: () => T) =>
    outside.call({
      kind,
      name,
      effect,
      lost: () => new RotationError('IamUnreachable', say`IAM does not answer.`),
      timedOut: () => new RotationError('TimedOut', say`The time ran out.`),
    })
  const seconds = (time: number) => Math.floor(time / 1_000) * 1_000
  return {
    accessKeys: {
      list: () =>
        at('look', 'lists the keys', () =>
          user.keys.map(({ id, isActive, created }) => ({ id, isActive, created: seconds(created) })),
        ),
      create: () =>
        at('change', 'makes a key', () => {
          const key = user.mint('', outside.now(), again)
          again = true
          return key && { id: key.id, secretKey: key.value }
        }),
      deactivate: (_user, id) => at('change', `makes ${id} inactive`, () => user.change(id, { isActive: false })),
      remove: (_user, id) => at('change', `deletes ${id}`, () => void user.revoke(id, inUse())),
      lastUse: (id) =>
        at('look', `asks who has used ${id}`, () => {
          // As if testSecret had used it.
          const key = user.keys.find((each) => each.id === id)
          return key && { time: seconds(key.created), service: 'sts', region: 'us-east-1' }
        }),
    },
    identityOf: ({ id, secretKey }) =>
      at('look', `asks whose ${id} is`, (): Identity => {
        const key = user.keys.find((each) => each.id === id)
        if (key === undefined || !key.isActive) return { refusal: 'unknown' }
        if (key.value !== secretKey) return { refusal: 'wrong secret' }
        return { arn: 'arn:aws:iam::123456789012:user/app' }
      }),
  }
}

export function simulatedIam(): SimulatedType {
  const read = new Map<string, AccessKeySecret>()
  return {
    name: 'iam-access-key',
    real: 'protocol and secret type',
    below: 'the AWS SDK, below AccessKeys, and how long a new key takes to be known',
    overlap: true,
    target: () => provider(form),
    value: () => form.write('{}', form.key(0)),
    rotate(event, around, world, outside) {
      const type = iamAccessKey(
        iam(world.target as Provider, outside, () => valuesInUse(world)),
        { region: '' },
      )
      return rotate(remembering(type, read), event, around)
    },
  }
}
