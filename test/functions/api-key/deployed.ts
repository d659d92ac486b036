import { startKeyProvider } from '../../../local/servers/key-provider.ts'
import { describedProvider, descriptionOf } from '../../../local/servers/key-provider-description.ts'
import type { SecretsManager } from '../../support/secrets-manager.ts'
import { apiKey, targetWithAdmin } from './secret-types.ts'

const provider = await startKeyProvider()
const described = await describedProvider(provider.front, descriptionOf(provider.front))

/** One for each function: what it rotates when it is deployed. */
export const deployed = [
  {
    ...apiKey(provider, described.env),
    async fresh(secrets: SecretsManager) {
      const { target, arn } = await targetWithAdmin(provider, secrets)
      return { ...target, env: { ADMIN_SECRET_ARNS: arn } }
    },
  },
]
