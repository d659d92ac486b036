import type { DescribedSecret } from '../../shared/described/secret.ts'
import { describedType } from '../../shared/described/secret-type.ts'
import type { DescribedSettings } from '../../shared/described/settings.ts'
import type { HttpTesting } from '../../shared/http/client.ts'
import type { SecretType } from '../../shared/rotation/secret-type.ts'
import { apiKeyKind } from './kind.ts'

/**
 * Keys of APIs, whose provider is described by data.
 * @param testing for servers on this machine
 */
export function apiKey(settings: DescribedSettings, testing: HttpTesting = {}): SecretType<DescribedSecret> {
  return describedType(apiKeyKind, settings, testing)
}
