import { transferUsers } from '../../shared/aws/transfer.ts'
import { rotationHandler } from '../../shared/rotation-handler.ts'
import { transferUserKey } from './secret-type.ts'
import { settings } from './settings.ts'

export const handler = rotationHandler((env) => transferUserKey(transferUsers, settings(env)))
