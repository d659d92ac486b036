import { rotationHandler } from '../../shared/rotation-handler.ts'
import { clientCredentials } from './client-credentials-type.ts'
import { settings } from './settings.ts'

export const handler = rotationHandler((env) => clientCredentials(settings(env)))
