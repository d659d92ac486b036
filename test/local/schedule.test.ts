import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseSchedule, type RotationRules } from '../../local/secrets-manager/service/schedule.ts'
import { countingSteps, day, hour, labels, newSecret, rotate, type Stage, withOnDemand } from './support.ts'

const date = (text: string) => Date.parse(`${text}Z`)

/** The next windows after a moment, as `opens/closes` in UTC. */
function windows(rules: RotationRules, from: string, count = 3): string[] {
  const schedule = parseSchedule(rules, date(from))
  const short = (ms: number) => new Date(ms).toISOString().slice(0, 16)
  let after = date(from)
  return Array.from({ length: count }, () => {
    const window = schedule?.next(after, after) ?? { opens: 0, closes: 0 }
    after = window.opens
    return `${short(window.opens)}/${short(window.closes)}`
  })
}

describe('windows', () => {
  test('AutomaticallyAfterDays counts from the last rotation; the window is the whole day', () => {
    expect(windows({ AutomaticallyAfterDays: 10 }, '2026-01-05T13:30')).toEqual([
      '2026-01-15T00:00/2026-01-15T23:59',
      '2026-01-25T00:00/2026-01-25T23:59',
      '2026-02-04T00:00/2026-02-04T23:59',
    ])
  })

  test('rate in days opens at midnight, rate in hours on the hour for one hour', () => {
    const days = windows({ ScheduleExpression: 'rate(2 days)', Duration: '3h' }, '2026-01-05T13:30', 2)
    expect(days).toEqual(['2026-01-07T00:00/2026-01-07T03:00', '2026-01-09T00:00/2026-01-09T03:00'])
    const hours = windows({ ScheduleExpression: 'rate(6 hours)' }, '2026-01-05T13:30', 2)
    expect(hours).toEqual(['2026-01-05T18:00/2026-01-05T19:00', '2026-01-06T00:00/2026-01-06T01:00'])
  })

  test.each([
    ['cron(0 8 1 * ? *)', '2026-02-01T08:00/2026-02-01T23:59'],
    ['cron(0 8 L * ? *)', '2026-01-31T08:00/2026-01-31T23:59'],
    ['cron(0 1 ? * SUNL *)', '2026-01-25T01:00/2026-01-25T23:59'],
    ['cron(0 16 ? * TUE#3 *)', '2026-01-20T16:00/2026-01-20T23:59'],
    ['cron(0 0 ? * 1 *)', '2026-01-11T00:00/2026-01-11T23:59'],
    ['cron(0 0 29 FEB ? *)', '2028-02-29T00:00/2028-02-29T23:59'],
    ['cron(0 0 ? 6 MON-FRI *)', '2026-06-01T00:00/2026-06-01T23:59'],
    ['cron(0 /8 ? * FRI *)', '2026-01-09T00:00/2026-01-09T01:00'],
    ['cron(0 2/8 * * ? *)', '2026-01-05T18:00/2026-01-05T19:00'],
  ])('%s opens when AWS says', (ScheduleExpression, expected) => {
    expect(windows({ ScheduleExpression }, '2026-01-05T13:30', 1)).toEqual([expected])
  })

  test.each([
    ['cron(0 8 1 * ? *)', '16h', '2026-02-01T08:00/2026-02-02T00:00'],
    ['cron(0 /4 * * ? *)', '4h', '2026-01-05T16:00/2026-01-05T20:00'],
  ])('%s with a Duration of %s', (ScheduleExpression, Duration, expected) => {
    expect(windows({ ScheduleExpression, Duration }, '2026-01-05T13:30', 1)).toEqual([expected])
  })
})

describe('rules that are refused', () => {
  let stage: Stage & AsyncDisposable
  beforeAll(async () => {
    stage = await withOnDemand()
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  test.each<[string, RotationRules, string]>([
    ['both kinds', { AutomaticallyAfterDays: 1, ScheduleExpression: 'rate(1 day)' }, 'cannot specify both'],
    ['more than every four hours', { ScheduleExpression: 'rate(3 hours)' }, 'four hours'],
    ['more than every four hours by cron', { ScheduleExpression: 'cron(0 /2 * * ? *)' }, 'four hours'],
    ['minutes other than 0', { ScheduleExpression: 'cron(30 8 * * ? *)' }, 'minutes must be 0'],
    ['a year', { ScheduleExpression: 'cron(0 8 * * ? 2027)' }, 'year must be *'],
    ['both days given', { ScheduleExpression: 'cron(0 8 1 * MON *)' }, 'Exactly one'],
    ['both days open', { ScheduleExpression: 'cron(0 8 ? * ? *)' }, 'Exactly one'],
    ['five fields', { ScheduleExpression: 'cron(0 8 * * ?)' }, 'six fields'],
    ['a 25th hour', { ScheduleExpression: 'cron(0 25 * * ? *)' }, 'not valid'],
    ['a day that never comes', { ScheduleExpression: 'cron(0 8 31 2 ? *)' }, 'not valid'],
    ['minutes in rate', { ScheduleExpression: 'rate(300 minutes)' }, 'rate(n hours)'],
    ['words', { ScheduleExpression: 'every day' }, 'rate(n hours)'],
    ['0h', { AutomaticallyAfterDays: 1, Duration: '0h' }, '1h to 24h'],
    ['25h', { AutomaticallyAfterDays: 1, Duration: '25h' }, '1h to 24h'],
    ['a window into the next day', { ScheduleExpression: 'cron(0 20 * * ? *)', Duration: '5h' }, 'next UTC day'],
    ['a window into the next', { ScheduleExpression: 'rate(4 hours)', Duration: '5h' }, 'next rotation window'],
  ])('%s, and nothing is stored', async (_, RotationRules, why) => {
    const SecretId = await newSecret(stage)
    const rotation = stage.client.rotateSecret({ SecretId, RotationLambdaARN: stage.lambda, RotationRules })
    const refused = { name: 'InvalidParameterException', message: expect.stringContaining(why) }
    await expect(rotation).rejects.toMatchObject(refused)
    expect(await stage.client.describeSecret({ SecretId })).not.toHaveProperty('RotationEnabled')
  })

  test.each<[string, RotationRules]>([
    ['0 days', { AutomaticallyAfterDays: 0 }],
    ['1001 days', { AutomaticallyAfterDays: 1001 }],
    ['a Duration without a unit', { AutomaticallyAfterDays: 1, Duration: '33' }],
    ['an expression with a semicolon', { ScheduleExpression: 'rate(1 day);' }],
  ])('%s is a ValidationException', async (_, RotationRules) => {
    const SecretId = await newSecret(stage)
    const rotation = stage.client.rotateSecret({ SecretId, RotationLambdaARN: stage.lambda, RotationRules })
    await expect(rotation).rejects.toMatchObject({ name: 'ValidationException' })
  })
})

describe('when the clock passes', () => {
  const nextDate = async ({ client }: Stage, SecretId: string) =>
    Number((await client.describeSecret({ SecretId })).NextRotationDate)

  test('a secret is rotated every AutomaticallyAfterDays, each time at its date', async () => {
    const { steps, onStep } = countingSteps()
    await using stage = await withOnDemand({ onStep })
    const SecretId = await newSecret(stage)
    const first = await rotate(stage, SecretId, { RotationRules: { AutomaticallyAfterDays: 7 } })
    expect(await nextDate(stage, SecretId)).toBeGreaterThan(stage.local.clock.now() + 6 * day)
    await stage.local.clock.advance(6 * day)
    expect(steps).toHaveLength(4)
    await stage.local.clock.advance(15 * day)
    expect(steps).toHaveLength(4 * 4)
    expect((await labels(stage, SecretId))[first]).toBeUndefined()
    const { LastRotatedDate } = await stage.client.describeSecret({ SecretId })
    expect(LastRotatedDate?.toISOString()).toContain('T00:00:00')
    expect(await nextDate(stage, SecretId)).toBe(Math.floor(Number(LastRotatedDate) / day + 8) * day - 1000)
  })

  test('a value that is stored by hand counts as a rotation for AutomaticallyAfterDays', async () => {
    const { steps, onStep } = countingSteps()
    await using stage = await withOnDemand({ onStep })
    const SecretId = await newSecret(stage)
    await rotate(stage, SecretId, { RotationRules: { AutomaticallyAfterDays: 7 } })
    await stage.local.clock.advance(5 * day)
    await stage.client.putSecretValue({ SecretId, SecretString: 'by hand' })
    expect(await nextDate(stage, SecretId)).toBeGreaterThan(stage.local.clock.now() + 6 * day)
    await stage.local.clock.advance(4 * day)
    expect(steps).toHaveLength(4)
    await stage.local.clock.advance(3 * day)
    expect(steps).toHaveLength(8)
  })

  test('an expression rotates at its windows, and AutomaticallyAfterDays is calculated from it', async () => {
    const { steps, onStep } = countingSteps()
    await using stage = await withOnDemand({ onStep })
    const SecretId = await newSecret(stage)
    const ScheduleExpression = 'cron(0 8,20 * * ? *)'
    await rotate(stage, SecretId, { RotationRules: { ScheduleExpression }, RotateImmediately: false })
    const before = await stage.client.describeSecret({ SecretId })
    expect(before.RotationRules).toEqual({ ScheduleExpression })
    await stage.local.clock.advance(2 * day)
    expect(steps).toHaveLength(1 + 4 * 4)
    const after = await stage.client.describeSecret({ SecretId })
    expect(after.RotationRules).toEqual({ ScheduleExpression, AutomaticallyAfterDays: 1 })
    expect((after.NextRotationDate?.getUTCHours() ?? 0) % 12).toBe(9)
  })

  test('a rotation that failed leaves NextRotationDate in the past and is taken up in the next window', async () => {
    await using stage = await withOnDemand()
    const SecretId = await newSecret(stage, 'fail setSecret')
    const rules = { ScheduleExpression: 'rate(4 hours)' }
    await rotate(stage, SecretId, { RotationRules: rules, RotateImmediately: false })
    await stage.local.clock.advance(5 * hour + hour)
    expect(await nextDate(stage, SecretId)).toBeLessThan(stage.local.clock.now())
    const [pending] = Object.entries(await labels(stage, SecretId)).find(([, held]) => held[0] === 'AWSPENDING') ?? []
    await stage.client.updateSecret({ SecretId, Description: '' })
    await stage.local.clock.advance(4 * hour)
    expect((await labels(stage, SecretId))[String(pending)]).toEqual(['AWSCURRENT'])
    expect(await nextDate(stage, SecretId)).toBeGreaterThan(stage.local.clock.now())
  })

  test('a deleted secret is not rotated, a restored one is', async () => {
    const { steps, onStep } = countingSteps()
    await using stage = await withOnDemand({ onStep })
    const SecretId = await newSecret(stage)
    await rotate(stage, SecretId, { RotationRules: { ScheduleExpression: 'rate(1 day)' } })
    await stage.client.deleteSecret({ SecretId })
    await stage.local.clock.advance(3 * day)
    expect(steps).toHaveLength(4)
    await stage.client.restoreSecret({ SecretId })
    await stage.local.clock.advance(day)
    expect(steps).toHaveLength(8)
  })
})
