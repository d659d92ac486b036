import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import type { Step } from '../shared/rotation/event.ts'
import type { FloorSession, LogIn, Move, Secret } from './database.ts'
import type { Moves } from './recording.ts'

/** What a rotation needs to know beforehand, so that nothing has to be worked out while the clock runs. */
export interface Prepared {
  readonly secretId: string
  readonly token: string
  readonly currentId: string
  readonly current: Secret
  readonly pending: Secret
  /** `beside`: its secret is read while AWSCURRENT logs in, and not only when it is needed. */
  readonly superuser: { readonly arn: string; readonly username: string; readonly beside: boolean } | undefined
  /** What the function did at the server. */
  readonly moves: Moves
}

/** Who signs the floor's calls. */
export const floorCaller = 'floor'

/**
 * The least that a rotation can be: the same calls, logins and statements in the same order and side by side where the
 * function makes them so, with nothing checked, made up, logged or redacted.
 */
export function createFloor(endpoint: string, ca: string, logIn: LogIn) {
  const credentials = { accessKeyId: floorCaller, secretAccessKey: 'bench' }
  const client = new SecretsManagerClient({ endpoint, credentials })
  const describe = (SecretId: string) => client.send(new DescribeSecretCommand({ SecretId }))
  const read = (SecretId: string, VersionStage: string, VersionId?: string) =>
    client.send(new GetSecretValueCommand({ SecretId, VersionStage, ...(VersionId && { VersionId }) }))

  async function play(moves: readonly Move[], secretOf: (username: string) => Promise<Secret>): Promise<void> {
    const sessions = new Map<string, FloorSession>()
    for (const move of moves) {
      if (move.does === 'login') sessions.set(move.session, await logIn(await secretOf(move.username), ca))
      else if (move.does === 'query') await sessions.get(move.session)?.query(move.text, move.values)
      else await sessions.get(move.session)?.end()
    }
  }

  return {
    async createSecret({ secretId, token, pending }) {
      const stored = read(secretId, 'AWSPENDING', token).catch(() => undefined)
      await Promise.all([describe(secretId), stored, read(secretId, 'AWSCURRENT')])
      const value = { SecretString: JSON.stringify(pending), VersionStages: ['AWSPENDING'] }
      await client.send(new PutSecretValueCommand({ SecretId: secretId, ClientRequestToken: token, ...value }))
    },

    async setSecret({ secretId, token, current, pending, superuser, moves }) {
      const nothingToSet = moves.setSecret.length === 0
      const values = nothingToSet ? [] : [read(secretId, 'AWSPENDING', token), read(secretId, 'AWSCURRENT')]
      await Promise.all([describe(secretId), ...values])
      const readSuperuser = async (arn: string): Promise<Secret> => {
        const { SecretString = '' } = await read(arn, 'AWSCURRENT')
        return { ...JSON.parse(SecretString), dbname: current.dbname }
      }
      const early = superuser?.beside ? readSuperuser(superuser.arn) : undefined
      await play(moves.setSecret, async (username) => {
        if (username === superuser?.username) return early ?? readSuperuser(superuser.arn)
        return username === current.username ? current : pending
      })
    },

    async testSecret({ secretId, token, current, pending, moves }) {
      await Promise.all([describe(secretId), read(secretId, 'AWSPENDING', token)])
      await play(moves.testSecret, async (username) => {
        if (username === pending.username) return pending
        await read(secretId, 'AWSCURRENT')
        return current
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
