import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { Outside } from '../world/outside.ts'
import { type World, write } from '../world/world.ts'

export interface Labelled {
  readonly id: string
  readonly text: string
}

/** The draft of what a claim takes of the store: versions under labels of our own. */
export interface LabelStore {
  /** The value with a label, or undefined. */
  read(label: string, id?: string): Promise<Labelled | undefined>
  /** Stores a version. Gives false where another value is stored under the id already. */
  put(id: string, value: string, labels: readonly string[]): Promise<boolean>
}

export function labelStore(world: World, outside: Outside): LabelStore {
  const { secrets, secret } = world
  const call = <T>(kind: 'read' | 'write', name: string, effect: () => T) =>
    outside.call({
      ...{ kind, name, effect },
      lost: () => new RotationError('SecretsManagerUnreachable', say`${name} was not answered.`),
      timedOut: () => new RotationError('TimedOut', say`The time ran out while the run ${name}.`),
    })
  return {
    read: (label, id) =>
      call('read', `reads ${label}`, () => {
        const which = { VersionStage: label, ...(id !== undefined && { VersionId: id }) }
        return whereType('ResourceNotFoundException', undefined, () => {
          const found = secrets.call('GetSecretValue', { SecretId: secret.arn, ...which })
          return { id: String(found.VersionId), text: String(found.SecretString) }
        })
      }),
    put: (id, SecretString, VersionStages) =>
      call('write', `stores ${VersionStages.join(' and ')}`, () => {
        const version = { SecretId: secret.arn, ClientRequestToken: id, SecretString, VersionStages }
        return whereType('ResourceExistsException', false, () => {
          write(world, () => secrets.call('PutSecretValue', version))
          return true
        })
      }),
  }
}

/** Gives an answer in the place of one type of error. */
function whereType<T>(type: string, answer: T, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof Error && 'type' in error && error.type === type) return answer
    throw error
  }
}
