import { afterAll } from 'vitest'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { iamApi } from '../../support/iam-api.ts'
import { iamAccessKey } from './secret-type.ts'

const api = await iamApi()
await secretTypeContract(iamAccessKey(api))
afterAll(() => api[Symbol.asyncDispose]())
