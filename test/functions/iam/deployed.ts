import { iamApi } from '../../support/iam-api.ts'
import { iamAccessKey } from './secret-type.ts'

/** One for each function: what it rotates when it is deployed. */
export const deployed = [iamAccessKey(await iamApi())]
