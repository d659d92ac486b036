import { startClientRegistration } from '../../../local/servers/client-registration.ts'
import { startOauthServer } from '../../../local/servers/oauth-server.ts'
import { describedOauthServer, oauthDescription } from '../../../local/servers/oauth-server-description.ts'
import type { SecretsManager } from '../../support/secrets-manager.ts'
import { clientCredentials } from './client-credentials-types.ts'
import { managedTarget, registeredClientSecret, registrationFiles } from './client-secret-types.ts'
import { refreshToken } from './secret-types.ts'

const server = await startOauthServer({ rotation: 'single_use' })
const { env } = await describedOauthServer(server.front, oauthDescription(server.front, 'single_use'))
// The probe asks for a user, whom a token of a client's own has not.
const withoutProbe = { ...oauthDescription(server.front, 'none'), probe: undefined }
const described = await describedOauthServer(server.front, withoutProbe)
const registration = await startClientRegistration()
const files = await registrationFiles(registration.front)

/** One for each function: what it rotates when it is deployed. */
export const deployed = [
  refreshToken('oauth', server, env),
  clientCredentials(server, described.env),
  {
    ...registeredClientSecret(registration, files.env),
    async fresh(secrets: SecretsManager) {
      const { target, arn } = await managedTarget(registration, secrets)
      return { ...target, env: { ADMIN_SECRET_ARNS: arn } }
    },
  },
]
