import { afterAll } from 'vitest'
import { callCases } from '../../contract/call-cases.ts'
import { rotationCalls } from '../../contract/calls.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { iamApi } from '../../support/iam-api.ts'
import { iamAccessKey } from './secret-type.ts'

const api = await iamApi()
// After two rotations there is a key to retire.
await secretTypeContract(iamAccessKey(api), undefined, (suite) => callCases(suite, rotationCalls.IamAccessKey.usual, 2))
afterAll(() => api[Symbol.asyncDispose]())
