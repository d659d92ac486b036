import { rotationHandler } from '../../shared/rotation-handler.ts'
import { generatedValue } from './secret-type.ts'
import { settings } from './settings.ts'

export const handler = rotationHandler((env) => generatedValue(settings(env)))
