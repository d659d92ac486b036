import { singleUser } from '../../shared/database/single-user.ts'
import { rotationHandler } from '../../shared/rotation-handler.ts'
import { mysql } from './engine.ts'

export const handler = rotationHandler((env) => singleUser(mysql(env)))
