import { afterAll } from 'vitest'
import { stepCalls } from '../../contract/calls.ts'
import { crashContract } from '../../contract/crash-runner.ts'
import { awsProxy } from '../../contract/fault-proxy.ts'
import { transferUserKey } from '../../functions/transfer/secret-type.ts'
import { transferApi } from '../../support/transfer-api.ts'

const api = await transferApi()
afterAll(() => api[Symbol.asyncDispose]())

await crashContract({
  async type(gate) {
    const proxy = await awsProxy(api.url, gate)
    return { type: transferUserKey({ ...api, url: proxy.url }), proxy }
  },
  // So that setSecret has a key to delete.
  rotatedBefore: 1,
  calls: stepCalls.TransferUserKey.usual,
})
