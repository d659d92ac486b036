import { apiKey } from '../../../functions/api-key/secret-type.ts'
import { settings } from '../../../functions/api-key/settings.ts'
import { rotationHandler } from '../../../shared/rotation-handler.ts'

/** ApiKey as it is, but for providers on this machine, which it would never dial in Lambda. */
export const handler = rotationHandler((env) => apiKey(settings(env), { loopback: true }))
