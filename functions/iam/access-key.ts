import { accessKeys } from '../../shared/aws/iam.ts'
import { identityOf } from '../../shared/aws/sts.ts'
import { rotationHandler } from '../../shared/rotation-handler.ts'
import { iamAccessKey } from './secret-type.ts'
import { settings } from './settings.ts'

export const handler = rotationHandler((env) => iamAccessKey({ accessKeys, identityOf }, settings(env)))
