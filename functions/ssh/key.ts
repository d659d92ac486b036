import { rotationHandler } from '../../shared/rotation-handler.ts'
import { sshKey } from './secret-type.ts'
import { settings } from './settings.ts'

export const handler = rotationHandler((env) => sshKey(settings(env)))
