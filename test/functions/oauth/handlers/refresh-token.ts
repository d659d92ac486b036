import { refreshToken } from '../../../../functions/oauth/refresh-token-type.ts'
import { settings } from '../../../../functions/oauth/settings.ts'
import { rotationHandler } from '../../../../shared/rotation-handler.ts'

/** The function as it is, but for servers on this machine, which it would never dial in Lambda. */
export const handler = rotationHandler((env) => refreshToken(settings(env), { loopback: true }))
