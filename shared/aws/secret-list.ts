import { ListSecretsCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { SecretFacts } from '../secret-state.ts'
import { failed } from './aws-errors.ts'
import { factsOf } from './secret-facts.ts'

/**
 * All secrets of the Region without their values, a page of a hundred at a time, but for those that are being deleted. A secret that is
 * changed meanwhile may be on two pages.
 * @param signal ends every call
 * @throws RotationError AccessDenied, TimedOut and what else keeps Secrets Manager from answering
 */
export async function* listSecrets(
  client: SecretsManagerClient,
  signal: AbortSignal,
): AsyncGenerator<readonly SecretFacts[]> {
  let NextToken: string | undefined
  do {
    const page = await client
      .send(new ListSecretsCommand({ MaxResults: 100, NextToken }), { abortSignal: signal })
      .catch(failed('secretsmanager:ListSecrets', 'all secrets of the Region', undefined, 'none'))
    yield (page.SecretList ?? []).map((entry) => factsOf(entry, entry.SecretVersionsToStages))
    NextToken = page.NextToken
  } while (NextToken !== undefined)
}
