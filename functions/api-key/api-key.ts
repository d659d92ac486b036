import { rotationHandler } from '../../shared/rotation-handler.ts'
import { apiKey } from './secret-type.ts'
import { settings } from './settings.ts'

export const handler = rotationHandler((env) => apiKey(settings(env)))
