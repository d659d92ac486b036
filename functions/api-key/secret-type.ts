import type { DescribedSettings, Kind } from '../../shared/described/kind.ts'
import type { DescribedSecret } from '../../shared/described/secret.ts'
import { describedType } from '../../shared/described/secret-type.ts'
import { ours, say, type Words } from '../../shared/errors/words.ts'
import type { HttpTesting } from '../../shared/http/client.ts'
import type { SecretType } from '../../shared/rotation/secret-type.ts'
import { bundled } from './bundled.ts'

/** Sources are in docs/api-keys.md. */
const refused: Readonly<Record<string, Words>> = {
  sentry: say`Sentry lets no token make a token of an internal integration; make the new one by hand, or use an OAuth application.`,
  fastly: say`Fastly makes automation tokens for a superuser in a browser alone, and user tokens for a password; put the new token into the secret by hand.`,
  npm: say`npm asks for a password and a one-time code to make a token; publish with trusted publishing (OIDC), which needs no token.`,
  github: say`GitHub has no API that makes fine-grained tokens; use a GitHub App, whose installation tokens live for an hour.`,
  pagerduty: say`PagerDuty makes API keys in its web application alone; use a scoped OAuth client instead.`,
}

export const apiKeyKind: Kind = {
  noun: ours('key'),
  value: 'api_key',
  id: 'key_id',
  second: 'secret_key',
  secrets: [],
  bundled,
  refused,
}

/**
 * Keys of APIs, whose provider is described by data.
 * @param testing for servers on this machine
 */
export function apiKey(settings: DescribedSettings, testing: HttpTesting = {}): SecretType<DescribedSecret> {
  return describedType(apiKeyKind, settings, testing)
}
