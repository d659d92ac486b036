import { transferApi } from '../../support/transfer-api.ts'
import { transferUserKey } from './secret-type.ts'

/** One for each function: what it rotates when it is deployed. */
export const deployed = [transferUserKey(await transferApi())]
