import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { jsonObject } from '../../json.ts'
import type { ValueFields } from '../seen.ts'

/**
 * Reads the value of a secret, for the few fields of it that are no secrets; with --read-value alone.
 * Throws what the SDK throws.
 */
export async function valueFieldsOf(client: SecretsManagerClient, SecretId: string): Promise<ValueFields> {
  const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId }))
  const fields = jsonObject(SecretString)
  const text = (name: string) => (typeof fields?.[name] === 'string' ? fields[name] : undefined)
  const superuserArn = text('masterarn')
  const superuserOwner =
    superuserArn === undefined
      ? undefined
      : await client
          .send(new DescribeSecretCommand({ SecretId: superuserArn }))
          .then(({ OwningService }) => OwningService)
          // An operator who may not read this finds the rest all the same.
          .catch(() => undefined)
  return {
    host: text('host'),
    username: text('username'),
    engine: text('engine'),
    superuserArn,
    superuserOwner,
    isJson: fields !== undefined,
  }
}
