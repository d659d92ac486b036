import { rotationHandler } from '../../shared/rotation-handler.ts'
import { clientSecretSettings } from './client-secret-settings.ts'
import { clientSecret } from './client-secret-type.ts'

export const handler = rotationHandler((env) => clientSecret(clientSecretSettings(env)))
