import { RotateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { discoverFunctions } from '../../local/functions.ts'
import { keyturn } from '../cli/keyturn.ts'
import { functionLog } from './aws-calls.ts'
import { engines } from './engines.ts'
import { proveTwoRotations } from './proof.ts'
import { samBuild } from './sam.ts'
import { localstackClient, newSecret, type Subject, subjects, superuserSecret } from './secrets.ts'
import { deployZips } from './zips.ts'

const { ca, localstack } = inject('containers')
const client = localstackClient()
const superusers: Record<string, string> = {}
/** Those of PostgreSQL come from the zips of a release and without SAM, the others are built by SAM. */
const stacks = { sam: 'keyturn-test', zips: 'keyturn-zips' }
const stackOf = ({ engine }: Subject) => (engine === 'postgres' ? stacks.zips : stacks.sam)
const ids = Object.keys(await discoverFunctions())
const isPostgres = (id: string) => id.startsWith('Postgres')
const without = (left: readonly string[]) => Object.fromEntries(left.map((id) => [`With${id}`, 'no']))

let arns: Readonly<Record<string, string>>
beforeAll(async () => {
  for (const name of Object.keys(engines)) superusers[name] = await superuserSecret(client, name, 'inside')
  const values = {
    DatabaseCaBundle: ca,
    SuperuserSecretArns: Object.values(superusers).join(','),
    AlarmEmail: 'operator@example.com',
    // LocalStack cannot read it: see localstack-differences.test.ts.
    Dashboard: 'no',
  }
  const [built, zipped] = await Promise.all([
    samBuild().then((functions) => functions.deploy(stacks.sam, { ...values, ...without(ids.filter(isPostgres)) })),
    deployZips(stacks.zips, { ...values, ...without(ids.filter((id) => !isPostgres(id))) }),
  ])
  arns = { ...built, ...zipped }
})

describe('the stacks of sam deploy and of zips, deployed into LocalStack', () => {
  it('have every function that rotates logins, each in its stack', () => {
    for (const subject of subjects) expect(arns[subject.id]).toMatch(`:function:${stackOf(subject)}-${subject.id}`)
  })

  it.each(subjects)(
    '$id rotates a login of a container when rotate-secret says so, and rotates it again',
    async (subject) => {
      const secret = await newSecret(client, subject, 'inside', superusers[subject.engine] ?? '')
      const log = () => functionLog(localstack.endpoint, `${stackOf(subject)}-${subject.id}`)
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

  it('doctor has the function try the value from its own network, and says that AWSCURRENT works', async () => {
    const { json, stderr } = await keyturn(['doctor', secret, '--json'], localstack)
    const probe = json().find(({ looked }) => looked === 'probe')
    expect(probe, stderr).toMatchObject({ saw: expect.stringContaining('AWSCURRENT works') })
  })
})
