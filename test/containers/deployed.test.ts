import { RotateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { keyturn } from '../cli/keyturn.ts'
import { functionLog } from './aws-calls.ts'
import { engines } from './engines.ts'
import { proveTwoRotations } from './proof.ts'
import { type BuiltFunctions, samBuild } from './sam.ts'
import { localstackClient, newSecret, subjects, superuserSecret } from './secrets.ts'

const { ca, localstack } = inject('containers')
const client = localstackClient()
const superusers: Record<string, string> = {}
const stack = 'keyturn-test'

let functions: BuiltFunctions
let arns: Readonly<Record<string, string>>
beforeAll(async () => {
  for (const name of Object.keys(engines)) superusers[name] = await superuserSecret(client, name, 'inside')
  functions = await samBuild()
  arns = await functions.deploy(stack, {
    DatabaseCaBundle: ca,
    SuperuserSecretArns: Object.values(superusers).join(','),
    AlarmEmail: 'operator@example.com',
    // LocalStack cannot read it: see localstack-differences.test.ts.
    Dashboard: 'no',
  })
})

describe('the stack, deployed into LocalStack', () => {
  it('has every function that rotates logins', () => {
    expect(Object.keys(arns)).toEqual(expect.arrayContaining(subjects.map(({ id }) => id)))
  })

  it.each(subjects)(
    '$id rotates a login of a container when rotate-secret says so, and rotates it again',
    async (subject) => {
      const secret = await newSecret(client, subject, 'inside', superusers[subject.engine] ?? '')
      const log = () => functionLog(localstack.endpoint, `${stack}-${subject.id}`)
      let configuration: object = {
        RotationLambdaARN: arns[subject.id],
        RotationRules: { AutomaticallyAfterDays: 30 },
      }
      await proveTwoRotations(client, subject, secret, async () => {
        const before = await log()
        await client.send(new RotateSecretCommand({ SecretId: secret, ...configuration }))
        // The second time, the secret knows its function.
        configuration = {}
        return (await log()).slice(before.length)
      })
    },
  )
})

describe('keyturn asks the deployed function', () => {
  const subject = subjects.find(({ id }) => id === 'PostgresSingleUser')
  let secret: string
  beforeAll(async () => {
    if (subject === undefined) throw new Error('no PostgresSingleUser')
    secret = await newSecret(client, subject, 'inside', superusers[subject.engine] ?? '')
    const rotation = { RotationLambdaARN: arns[subject.id], RotationRules: { AutomaticallyAfterDays: 30 } }
    await client.send(new RotateSecretCommand({ SecretId: secret, ...rotation }))
  })

  it('rotate shows its four steps, and ends with 0 when AWSCURRENT has moved', async () => {
    const { code, json } = await keyturn(['rotate', secret, '--json'], localstack)
    const events = json()
    const steps = events.filter(({ event }) => event === 'step').map(({ step }) => step)
    expect([...new Set(steps)]).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])
    expect(events.at(-1)).toMatchObject({ event: 'ended', outcome: 'rotated' })
    expect(code).toBe(0)
  })

  it('doctor has it look at the database from its own network, and says that AWSCURRENT works', async () => {
    const { json, stderr } = await keyturn(['doctor', secret, '--json'], localstack)
    const probe = json().find(({ looked }) => looked === 'probe')
    expect(probe, stderr).toMatchObject({ saw: expect.stringContaining('AWSCURRENT works') })
  })
})
