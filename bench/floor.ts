import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { Client } from 'pg'
import { readTwinState } from '../functions/postgres/twin-state.ts'

/** What a rotation needs to know beforehand, so that nothing has to be worked out while the clock runs. */
export interface Prepared {
  readonly secretId: string
  readonly token: string
  readonly currentId: string
  /** SecretStrings. */
  readonly current: string
  readonly pending: string
  readonly superuserArn: string | undefined
  /** What sets the pending password, as one text. */
  readonly change: string
}

/**
 * The least that a rotation can be: the same calls, logins and statements in the same order and side by side where the
 * function makes them so, with nothing checked, made up, logged or redacted.
 */
export function createFloor(endpoint: string, ca: string) {
  const client = new SecretsManagerClient({ endpoint })

  async function login(secretString: string): Promise<Client> {
    const { username: user, password, host, port } = JSON.parse(secretString)
    const session = new Client({
      user,
      password,
      host,
      port,
      database: 'postgres',
      ssl: { ca: [ca], minVersion: 'TLSv1.2' },
    })
    await session.connect()
    return session
  }

  return async ({ secretId: SecretId, token, currentId, current, pending, superuserArn, change }: Prepared) => {
    const describe = () => client.send(new DescribeSecretCommand({ SecretId }))
    const read = (VersionStage: string, VersionId?: string) =>
      client.send(new GetSecretValueCommand({ SecretId, VersionStage, ...(VersionId && { VersionId }) }))
    const names = { base: JSON.parse(current).username.replace(/_clone$/, ''), twin: '' }
    names.twin = `${names.base}_clone`

    // createSecret
    await Promise.all([describe(), read('AWSPENDING', token).catch(() => undefined), read('AWSCURRENT')])
    const put = { SecretId, ClientRequestToken: token, SecretString: pending, VersionStages: ['AWSPENDING'] }
    await client.send(new PutSecretValueCommand(put))
    // setSecret
    await Promise.all([describe(), read('AWSPENDING', token), read('AWSCURRENT')])
    if (superuserArn === undefined) {
      const session = await login(current)
      await session.query(change)
      await session.end()
    } else {
      const proof = login(current).then((session) => session.end())
      const secret = client.send(new GetSecretValueCommand({ SecretId: superuserArn, VersionStage: 'AWSCURRENT' }))
      const [{ SecretString = '' }] = await Promise.all([secret, proof])
      const session = await login(SecretString)
      await readTwinState(session, names)
      await session.query(change)
      await session.end()
    }
    // testSecret
    await Promise.all([describe(), read('AWSPENDING', token)])
    const session = await login(pending)
    if (superuserArn !== undefined) await readTwinState(session, names)
    await session.end()
    // finishSecret
    await describe()
    const move = { MoveToVersionId: token, RemoveFromVersionId: currentId }
    await client.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage: 'AWSCURRENT', ...move }))
  }
}
