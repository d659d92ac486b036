import { rds } from '../../shared/aws/rds.ts'
import { alternatingUsers } from '../../shared/database/alternating-users.ts'
import { rotationHandler } from '../../shared/rotation-handler.ts'
import { mariadb } from './engine.ts'

export const handler = rotationHandler((env) => alternatingUsers(mariadb(env), rds))
