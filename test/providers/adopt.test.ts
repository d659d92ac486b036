import { expect, it } from 'vitest'
import { startLocalSecretsManager } from '../../local/secrets-manager/start.ts'
import { keyturn, startKeyturn } from '../cli/keyturn.ts'
import { clientFor } from '../local/support.ts'
import { repositoryPath } from '../support/function-under-test.ts'

it('keyturn adopt, killed at any of its calls, leaves a function that works and the way back', async () => {
  const module = repositoryPath('functions/generated-value/generated-value.ts')
  let onCall: () => unknown = () => undefined
  await using local = await startLocalSecretsManager({
    functions: { before: module, 'keyturn-GeneratedValue': module },
    retryDelaysMs: [],
    intercept({ caller }) {
      if (caller === 'operator') onCall()
      return undefined
    },
  })
  const client = clientFor(local)
  const SecretId = 'killed'
  await client.createSecret({ Name: SecretId, SecretString: 'hunter2-hunter2' })
  const RotationRules = { AutomaticallyAfterDays: 7 }
  await client.rotateSecret({ SecretId, RotationLambdaARN: local.functions.before, RotationRules })
  await local.settled()
  const by = async () => {
    await local.settled()
    return (await client.describeSecret({ SecretId })).RotationLambdaARN
  }
  const apply = ['adopt', SecretId, '--apply', '--to', 'keyturn-GeneratedValue', '--yes']
  for (let kill = 1; ; kill++) {
    let calls = 0
    const { child, exit } = startKeyturn(apply, { ...local, caller: 'operator' })
    onCall = () => ++calls === kill && child.kill('SIGKILL')
    const code = await exit
    onCall = () => undefined
    if ((await by()) !== local.functions.before) {
      const back = await keyturn(['adopt', SecretId, '--back', '--yes'], local)
      expect({ kill, code: back.code }).toEqual({ kill, code: 0 })
    }
    expect({ kill, by: await by() }).toEqual({ kill, by: local.functions.before })
    if (code === 0) {
      expect(kill).toBeGreaterThan(4)
      break
    }
  }
})
