import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { runLambda } from '../../local/secrets-manager/functions/lambda.ts'
import { repositoryPath } from '../support/function-under-test.ts'
import { proveTwoRotations } from './proof.ts'
import { beginRotation, localstackClient, newSecret, subjects, superuserSecret } from './secrets.ts'

const { ca, localstack } = inject('containers')
const client = localstackClient()

describe('the four steps, run against the API of LocalStack', () => {
  it.each(subjects)('$id rotates a login of a container, and rotates it again', async (subject) => {
    const settings = { module: repositoryPath(subject.module), env: { DATABASE_CA_BUNDLE: ca } }
    const lambda = runLambda(
      ...([subject.id, settings] as const),
      () => localstack.endpoint,
      () => undefined,
    )
    onTestFinished(() => lambda.close())
    const secret = await newSecret(client, subject, 'outside', await superuserSecret(client, subject.engine, 'outside'))
    await proveTwoRotations(client, subject, secret, async () => {
      let said = ''
      for (const event of await beginRotation(client, secret)) {
        const outcome = await lambda.invoke(event)
        expect(outcome.ok, outcome.logs).toBe(true)
        said += outcome.logs
      }
      return said
    })
  })
})
