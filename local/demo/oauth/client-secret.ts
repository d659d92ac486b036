import { clientSecretSettings } from '../../../functions/oauth/client-secret-settings.ts'
import { clientSecret } from '../../../functions/oauth/client-secret-type.ts'
import { rotationHandler } from '../../../shared/rotation-handler.ts'

/** The function as it is, but for servers on this machine, which it would never dial in Lambda. */
export const handler = rotationHandler((env) => clientSecret(clientSecretSettings(env), { loopback: true }))
