import { crashContract } from '../../contract/crash-runner.ts'
import { generatedValue } from './secret-type.ts'

await crashContract({
  type: async () => ({ type: generatedValue }),
  calls: { createSecret: 4, setSecret: 1, testSecret: 2, finishSecret: 2 },
})
