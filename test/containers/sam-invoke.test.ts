import { beforeAll, describe, expect, it } from 'vitest'
import { proveTwoRotations } from './proof.ts'
import { type BuiltFunctions, samBuild } from './sam.ts'
import { beginRotation, localstackClient, newSecret, subjects, superuserSecret } from './secrets.ts'

const client = localstackClient()
/** The first of each engine: what differs between strategies is proved in the other ways. */
const chosen = subjects.filter(({ engine }, index) => subjects.findIndex((other) => other.engine === engine) === index)

let functions: BuiltFunctions
beforeAll(async () => {
  functions = await samBuild()
})

describe('the built functions, in the runtime of Lambda', () => {
  it.each(chosen)(
    '$id, invoked by sam local invoke, rotates a login of a container, and rotates it again',
    async (subject) => {
      const secret = await newSecret(client, subject, 'inside', await superuserSecret(client, subject.engine, 'inside'))
      await proveTwoRotations(client, subject, secret, async () => {
        let said = ''
        for (const event of await beginRotation(client, secret)) said += await functions.invoke(subject.id, event)
        expect(said).not.toContain('errorType')
        return said
      })
    },
  )
})
