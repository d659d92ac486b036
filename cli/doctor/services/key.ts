import { DescribeKeyCommand, GetKeyPolicyCommand, KMSClient } from '@aws-sdk/client-kms'
import type { Settings } from '../../aws/connection.ts'
import { answerTo } from '../ask.ts'
import type { Key } from '../seen.ts'

/** The key of a secret. Throws what the SDK throws for the key itself. */
export async function keyOf(settings: Settings, KeyId: string): Promise<Key> {
  const client = new KMSClient(settings)
  const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }))
  const policy = await answerTo('kms:GetKeyPolicy', async () => {
    // Aliases are not taken here.
    const input = { KeyId: KeyMetadata?.KeyId ?? KeyId, PolicyName: 'default' }
    return (await client.send(new GetKeyPolicyCommand(input))).Policy ?? ''
  })
  return { arn: KeyMetadata?.Arn ?? KeyId, state: KeyMetadata?.KeyState ?? 'unknown', policy }
}
