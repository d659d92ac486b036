import { rotationHandler } from '../../shared/rotation-handler.ts'
import { refreshToken } from './refresh-token-type.ts'
import { settings } from './settings.ts'

export const handler = rotationHandler((env) => refreshToken(settings(env)))
