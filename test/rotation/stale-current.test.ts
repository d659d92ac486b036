import { describe, expect, it } from 'vitest'
import { runLambda } from '../../local/secrets-manager/functions/lambda.ts'
import { type FunctionUnderTest, lambdaSettings } from '../support/function-under-test.ts'
import { secretsManagerFor } from '../support/secrets-manager.ts'
import { wireProxy } from '../support/wire-proxy.ts'

const generatedValue: FunctionUnderTest = {
  id: 'GeneratedValue',
  module: 'functions/generated-value/generated-value.ts',
}

/** Secrets Manager that shows the AWSCURRENT value of before the promotion for a number of further reads. */
async function lateReader(staleReads: number) {
  const secrets = await secretsManagerFor(generatedValue)
  const secretId = await secrets.store('{"password":"the-first-value","n":1}')
  let old: string | undefined
  let left = staleReads
  const proxy = await wireProxy({
    answer(text) {
      const answer = text.startsWith('{') ? JSON.parse(text) : {}
      if (!answer.VersionStages?.includes('AWSCURRENT') || answer.SecretString === undefined) return text
      if (old === undefined) old = text
      else if (left-- > 0) return old
      return text
    },
  })
  proxy.forwardTo(secrets.local.endpoint)
  const lambda = runLambda(
    generatedValue.id,
    lambdaSettings(generatedValue),
    () => proxy.url,
    () => undefined,
  )
  const attempt = async (token: string) =>
    lambda.invoke({ Step: 'createSecret', SecretId: secretId, ClientRequestToken: token })
  return {
    secrets,
    secretId,
    attempt,
    async [Symbol.asyncDispose]() {
      await lambda.close()
      await proxy[Symbol.asyncDispose]()
      await secrets[Symbol.asyncDispose]()
    },
  }
}

describe('AWSCURRENT is the version that DescribeSecret names', () => {
  it('a value of the version before is read again until it is up to date', async () => {
    await using late = await lateReader(2)
    const first = await late.secrets.begin(late.secretId)
    expect(await late.attempt(first.token)).toMatchObject({ ok: true })
    await first.run('setSecret', 'testSecret', 'finishSecret')
    await first.end()
    const second = await late.secrets.begin(late.secretId)
    expect(await late.attempt(second.token)).toMatchObject({ ok: true })
  })

  it('a value that stays out of date is VersionConflict, and nothing is made from it', async () => {
    await using late = await lateReader(Number.POSITIVE_INFINITY)
    const first = await late.secrets.begin(late.secretId)
    expect(await late.attempt(first.token)).toMatchObject({ ok: true })
    await first.run('setSecret', 'testSecret', 'finishSecret')
    await first.end()
    const second = await late.secrets.begin(late.secretId)
    expect(await late.attempt(second.token)).toMatchObject({ ok: false, error: { errorType: 'VersionConflict' } })
    expect(await late.secrets.value(late.secretId, 'AWSPENDING')).toBeUndefined()
  })
})
