import { rds } from '../../shared/aws/rds.ts'
import { dualPassword } from '../../shared/database/dual-password.ts'
import { rotationHandler } from '../../shared/rotation-handler.ts'
import { mysql } from './engine.ts'

export const handler = rotationHandler((env) => dualPassword(mysql(env), rds))
