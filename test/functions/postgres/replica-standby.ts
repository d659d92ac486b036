import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { codeOf } from '../../support/outcome.ts'
import { startStandby } from '../../support/standby.ts'
import { instanceName } from './rds.ts'
import { rds } from './rds-of-this-file.ts'

const { suite, server } = rds
const { secrets } = suite

type Stored = Awaited<ReturnType<typeof rds.stored>>

let standby: Awaited<ReturnType<typeof startStandby>>
let stuck: Awaited<ReturnType<typeof standingStill>>
// It is tried three times, within nine seconds: waited for while the file's other cases run.
beforeAll(async () => {
  standby = await startStandby(server)
  stuck = await standingStill()
  stuck.outcome.catch(() => undefined)
})
afterAll(() => standby[Symbol.asyncDispose]())

async function atStandby() {
  const source = await rds.instance()
  const replica = await rds.replica(source, standby.port)
  const superuser = { host: instanceName(source) }
  const target = await rds.stored({ host: instanceName(replica), port: standby.port, superuser })
  await standby.caughtUp()
  return target
}

/** A rotation at a standby that has stopped, up to where it waits. */
async function standingStill() {
  const target = await atStandby()
  const rotation = await secrets.begin(target.secretId)
  await rotation.run('createSecret')
  await standby.query('SELECT pg_wal_replay_pause()')
  const outcome = rotation.attempt('setSecret')
  // RDS has been asked by then, so that other cases can count their own questions.
  await vi.waitFor(async () => expect(await refusals(target)).toBe(1), { timeout: 10_000 })
  return { target, rotation, outcome }
}

async function refusals({ clone }: Stored): Promise<number> {
  return (await standby.log()).split(`password authentication failed for user "${clone}"`).length - 1
}

describe('alternating-users: a host that is a streaming standby', { meta: { server: server.label } }, () => {
  it('a standby that stands still is ReplicaBehind: the value in use works on, and a later run ends the rotation', async () => {
    const { target, rotation } = stuck
    expect(codeOf(await stuck.outcome)).toBe('ReplicaBehind')
    expect(await refusals(target)).toBe(3)
    expect(await standby.login(JSON.parse(target.value))).toBeDefined()
    await standby.query('SELECT pg_wal_replay_resume()')
    await rotation.run('setSecret', 'testSecret', 'finishSecret')
    await target.expectPromoted(rotation, target.value)
  })

  it('a password is set at the source, and used at the standby', async () => {
    const target = await atStandby()
    await secrets.rotate(target.secretId)
    const [current, previous] = [await target.stagedValue('AWSCURRENT'), await target.stagedValue('AWSPREVIOUS')]
    for (const value of [current, previous]) expect(await target.works(value)).toBe(true)
    expect(await standby.login(JSON.parse(current))).toBeDefined()
  })

  it('a standby that lags is waited for, with few refused logins', async () => {
    const target = await atStandby()
    await standby.query('SELECT pg_wal_replay_pause()')
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret')
    const step = rotation.attempt('setSecret')
    await expect.poll(() => refusals(target), { timeout: 5_000 }).toBe(1)
    await standby.query('SELECT pg_wal_replay_resume()')
    expect(await step).toMatchObject({ ok: true })
    await rotation.run('testSecret', 'finishSecret')
    await target.expectPromoted(rotation, target.value)
    expect(await refusals(target)).toBe(1)
  })

  it('no secret value gets into its log', async () => {
    await suite.expectNoLeak(await standby.log())
  })
})
