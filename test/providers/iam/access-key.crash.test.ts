import { afterAll } from 'vitest'
import { stepCalls } from '../../contract/calls.ts'
import { crashContract } from '../../contract/crash-runner.ts'
import { iamAccessKey } from '../../functions/iam/secret-type.ts'
import { anHourAgo, iamApi } from '../../support/iam-api.ts'

const api = await iamApi()

await crashContract({
  async type(gate) {
    api.spoil = (action) => {
      const call = gate.arrive(action)
      if (!call.leaves()) return 'swallow before'
      return {
        change(answer) {
          call.answers()
          // In a test, a key that a killed run has left is not older than the timeout.
          return action === 'ListAccessKeys' ? anHourAgo(answer) : answer
        },
      }
    }
    return { type: iamAccessKey(api) }
  },
  rotatedBefore: 1,
  calls: stepCalls.IamAccessKey.usual,
})

afterAll(() => api[Symbol.asyncDispose]())
