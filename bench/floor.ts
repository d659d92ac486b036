import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import type { Step } from '../shared/rotation/event.ts'
import type { Moves } from './recording.ts'
import type { FloorSession, LogIn, Move, Value } from './target.ts'

/** A value, and the name under which it logs in. */
export interface Held {
  readonly who: string
  readonly value: Value
}

/** Facts that the floor needs beforehand, so that it works out nothing while the clock runs. */
export interface Prepared {
  readonly secretId: string
  readonly token: string
  readonly currentId: string
  readonly current: Held
  readonly pending: Held
  /** `beside`: its secret is read while AWSCURRENT logs in, and not only when it is needed. `besides`: fields of the login. */
  readonly other:
    | { readonly arn: string; readonly who: string; readonly beside: boolean; readonly besides: Value }
    | undefined
  /** Whether createSecret looks at AWSPREVIOUS. */
  readonly previous: boolean
  /** What the function did at the target. */
  readonly moves: Moves
}

/** The access key that signs the floor's calls. */
export const floorCaller = 'floor'

/**
 * The least work of a rotation: the same calls and logins in the same order, and at the same time where the
 * function makes them so, with nothing checked, made up, logged or redacted.
 */
export function createFloor(endpoint: string, env: Readonly<Record<string, string>>, logIn: LogIn) {
  const credentials = { accessKeyId: floorCaller, secretAccessKey: 'bench' }
  const client = new SecretsManagerClient({ endpoint, credentials })
  const describe = (SecretId: string) => client.send(new DescribeSecretCommand({ SecretId }))
  const read = (SecretId: string, VersionStage: string, VersionId?: string) =>
    client.send(new GetSecretValueCommand({ SecretId, VersionStage, ...(VersionId && { VersionId }) }))

  async function play(moves: readonly Move[], valueFor: (who: string) => Promise<Value>): Promise<void> {
    const sessions = new Map<string, FloorSession>()
    for (const move of moves) {
      if (move.does === 'login') sessions.set(move.session, await logIn(await valueFor(move.who), env))
      else if (move.does === 'call') await sessions.get(move.session)?.call(move.text, move.values)
      else await sessions.get(move.session)?.end()
    }
  }

  return {
    async createSecret({ secretId, token, pending, previous }) {
      const stored = read(secretId, 'AWSPENDING', token).catch(() => undefined)
      await Promise.all([describe(secretId), stored, read(secretId, 'AWSCURRENT')])
      if (previous) await read(secretId, 'AWSPREVIOUS')
      const value = { SecretString: JSON.stringify(pending.value), VersionStages: ['AWSPENDING'] }
      await client.send(new PutSecretValueCommand({ SecretId: secretId, ClientRequestToken: token, ...value }))
    },

    async setSecret({ secretId, token, current, pending, other, moves }) {
      // For a kind of secret with nothing to set, setSecret reads nothing.
      if (moves.setSecret.length === 0) return void (await describe(secretId))
      await Promise.all([describe(secretId), read(secretId, 'AWSPENDING', token), read(secretId, 'AWSCURRENT')])
      const readOther = async ({ arn, besides }: NonNullable<typeof other>): Promise<Value> => {
        const { SecretString = '' } = await read(arn, 'AWSCURRENT')
        return { ...JSON.parse(SecretString), ...besides }
      }
      const early = other?.beside ? readOther(other) : undefined
      await play(moves.setSecret, async (who) => {
        if (who === other?.who) return early ?? readOther(other)
        return who === current.who ? current.value : pending.value
      })
    },

    async testSecret({ secretId, token, current, pending, moves }) {
      await Promise.all([describe(secretId), read(secretId, 'AWSPENDING', token)])
      await play(moves.testSecret, async (who) => {
        if (who === pending.who) return pending.value
        await read(secretId, 'AWSCURRENT')
        return current.value
      })
    },

    async finishSecret({ secretId, token, currentId }) {
      await describe(secretId)
      const move = { MoveToVersionId: token, RemoveFromVersionId: currentId }
      const label = { SecretId: secretId, VersionStage: 'AWSCURRENT' }
      await client.send(new UpdateSecretVersionStageCommand({ ...label, ...move }))
    },
  } satisfies Record<Step, (prepared: Prepared) => Promise<void>>
}
