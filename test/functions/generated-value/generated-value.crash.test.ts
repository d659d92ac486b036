import { stepCalls } from '../../contract/calls.ts'
import { crashContract } from '../../contract/crash-runner.ts'
import { generatedValue } from './secret-type.ts'

await crashContract({
  type: async () => ({ type: generatedValue }),
  calls: stepCalls.GeneratedValue.usual,
})
