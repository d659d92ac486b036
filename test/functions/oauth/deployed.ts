import { startClientRegistration } from '../../../local/servers/client-registration.ts'
import type { SecretsManager } from '../../support/secrets-manager.ts'
import { managedTarget, registeredClientSecret, registrationFiles } from './client-secret-types.ts'

const registration = await startClientRegistration()
const { env } = await registrationFiles(registration.front)

/** One for each function: what it rotates when it is deployed. */
export const deployed = [
  {
    ...registeredClientSecret(registration, env),
    async fresh(secrets: SecretsManager) {
      const { target, arn } = await managedTarget(registration, secrets)
      return { ...target, env: { ADMIN_SECRET_ARNS: arn } }
    },
  },
]
