import { singleUser } from '../../shared/database/single-user.ts'
import { rotationHandler } from '../../shared/rotation-handler.ts'
import { mariadb } from './engine.ts'

export const handler = rotationHandler((env) => singleUser(mariadb(env)))
