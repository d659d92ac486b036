import type { DescribedSettings, Kind } from '../../shared/described/kind.ts'
import type { DescribedSecret } from '../../shared/described/secret.ts'
import { describedType } from '../../shared/described/secret-type.ts'
import { ours } from '../../shared/errors/words.ts'
import type { HttpTesting } from '../../shared/http/client.ts'
import type { SecretType } from '../../shared/rotation/secret-type.ts'
import keycloak from './client-secrets/keycloak.json' with { type: 'json' }

/** Keycloak has been run against. What its members were read in stands in docs/oauth-clients.md. */
export const clientSecretKind: Kind = {
  noun: ours('client secret'),
  value: 'client_secret',
  id: 'client_secret_id',
  secrets: ['access_token', 'refresh_token', 'id_token', 'registration_access_token', 'private_key'],
  bundled: { keycloak },
  refused: {},
}

/**
 * Secrets of OAuth clients, whose authorization server is described by data.
 * @param testing for servers on this machine
 */
export function clientSecret(settings: DescribedSettings, testing: HttpTesting = {}): SecretType<DescribedSecret> {
  return describedType(clientSecretKind, settings, testing)
}
