import { setTimeout as sleep } from 'node:timers/promises'
import { UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import doctor from '../../../cli/commands/doctor.ts'
import { ran } from './run.ts'
import { type StuckWorld, startStuckWorld, timeoutMs } from './stuck.ts'

let world: StuckWorld
beforeAll(async () => {
  world = await startStuckWorld()
  vi.stubEnv('AWS_ENDPOINT_URL', world.local.endpoint)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'operator')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
})
afterAll(() => world?.[Symbol.asyncDispose]())
beforeEach(() => {
  world.onCall = () => undefined
})

const aTimeoutLater = () => sleep(timeoutMs + 100)

describe('keyturn doctor --fix', () => {
  it('goes on with the rotation where AWSPENDING works', async () => {
    const { arn, name, pending } = await world.stuckAt('testSecret')
    expect(await world.working(arn)).toMatchObject({ current: false, pending: true })
    world.mended = true
    const { out, code } = await ran(doctor, [name, '--fix', '--yes'])
    expect(out).toContain(`Version ${pending} is AWSCURRENT now.`)
    expect(code).toBe(0)
    expect(await world.working(arn)).toMatchObject({ current: true, versionOf: { AWSCURRENT: pending } })
  })

  it('says until when to wait while a step may be running, and changes nothing', async () => {
    const { arn, name, pending } = await world.stuckAt('setSecret', 'SlowSingleUser')
    const { out, code } = await ran(doctor, [name, '--fix', '--yes'])
    expect(out).toMatch(/A step may be running until \d{4}-.* UTC/)
    expect(code).toBe(1)
    expect((await world.working(arn)).versionOf.AWSPENDING).toBe(pending)
  })

  it('removes AWSPENDING, after a yes, where AWSCURRENT works and AWSPENDING does not, and says before how to put it back', async () => {
    const { arn, name, pending, current } = await world.stuckAt('setSecret')
    await aTimeoutLater()
    const unasked = await ran(doctor, [name, '--fix'])
    expect(unasked.out).toContain('Nothing was done.')
    expect(unasked.code).toBe(1)
    expect((await world.working(arn)).versionOf.AWSPENDING).toBe(pending)
    let said = ''
    const { out, code } = await ran(doctor, [name, '--fix'], (question) => {
      said = question
      return true
    })
    expect(said).toBe(`Remove AWSPENDING from version ${pending}?`)
    expect(out).toContain(`--version-stage AWSPENDING --move-to-version-id ${pending}`)
    expect(out).toContain('the next rotation can start')
    expect(code).toBe(0)
    const after = await world.working(arn)
    expect(after).toEqual({ current: true, pending: undefined, versionOf: { AWSCURRENT: current } })
  })

  it('puts the label back where a late setSecret makes AWSPENDING work', async () => {
    const { arn, name, pending } = await world.stuckAt('setSecret')
    await aTimeoutLater()
    world.onCall = async ({ operation, caller }) => {
      if (operation !== 'UpdateSecretVersionStage' || caller !== 'operator') return undefined
      world.onCall = () => undefined
      await world.invoke({ Step: 'setSecret', SecretId: arn, ClientRequestToken: pending })
      return undefined
    }
    const { out, code } = await ran(doctor, [name, '--fix', '--yes'])
    expect(out).toContain(`version ${pending} works now, and has AWSPENDING again`)
    expect(code).toBe(1)
    expect(await world.working(arn)).toMatchObject({ pending: true, versionOf: { AWSPENDING: pending } })
    world.mended = true
    expect((await ran(doctor, [name, '--fix', '--yes'])).code).toBe(0)
    expect(await world.working(arn)).toMatchObject({ current: true, versionOf: { AWSCURRENT: pending } })
  })

  it('changes nothing without the probe, or where nothing is stuck', async () => {
    const { arn, name, pending } = await world.stuckAt('testSecret')
    expect((await ran(doctor, [name, '--fix', '--yes', '--no-probe'])).out).toContain(
      'Without the probe nothing is changed',
    )
    expect((await world.working(arn)).versionOf.AWSPENDING).toBe(pending)
    world.mended = true
    await ran(doctor, [name, '--fix', '--yes'])
    const sound = await ran(doctor, [name, '--fix', '--yes'])
    expect(sound.out).toContain('No rotation is stuck')
    // The fix has nothing to do; only what else was found may make it 1.
    expect(sound.code).toBe((await ran(doctor, [name])).code)
  })
})

describe('keyturn doctor with the probe', () => {
  it("prints no control character of a label or of the function's answer", async () => {
    const { arn, name, pending } = await world.stuckAt('testSecret')
    const label = { SecretId: arn, VersionStage: 'of\u0007ours\u009b2J', MoveToVersionId: pending }
    await world.client.send(new UpdateSecretVersionStageCommand(label))
    const { out } = await ran(doctor, [name])
    expect(out).toContain('of ours')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  })

  it('names the version that works where AWSCURRENT does not', async () => {
    const { name, pending } = await world.stuckAt('testSecret')
    const { json } = await ran(doctor, [name, '--json'])
    const found = json.find(({ cause }) => cause === 10)
    expect(found).toMatchObject({ certainty: 'sure' })
    expect(found?.saw).toContain(`Version ${pending} (AWSPENDING) logs in.`)
  })
})
