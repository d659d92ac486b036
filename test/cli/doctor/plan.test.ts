import { describe, expect, it } from 'vitest'
import type { ProbeFinding } from '../../../cli/aws/functions.ts'
import { planOf } from '../../../cli/doctor/plan.ts'
import type { Rules, Seen } from '../../../cli/doctor/seen.ts'
import { lastClosed, windowsOf } from '../../../cli/doctor/windows.ts'
import { day, hour } from '../../../cli/times.ts'
import { parseSchedule } from '../../../local/secrets-manager/service/schedule.ts'

const now = Date.parse('2026-11-28T12:00:00Z')

describe('the windows of a schedule', () => {
  it.each([
    ['cron(0 3 * * ? *)', '2h'],
    ['cron(0 10 ? * SAT#4 *)', '4h'],
    ['cron(0 10 ? * 2 *)', '4h'],
    ['cron(0 /8 * * ? *)', undefined],
    ['cron(0 0 1 * ? *)', undefined],
    ['rate(10 days)', '3h'],
    ['rate(8 hours)', undefined],
    [undefined, undefined],
  ] as const)('%s, %s: are those of the service', (expression, duration) => {
    const given = expression === undefined ? { AutomaticallyAfterDays: 30 } : { ScheduleExpression: expression }
    const set = now - 5 * day
    const schedule = parseSchedule({ ...given, Duration: duration }, set)
    const rules: Rules = {
      ...(expression === undefined ? { days: 30 } : { expression }),
      ...(duration && { duration }),
    }
    const first = schedule?.next(now - day, set)
    let window = first !== undefined && first.closes > now ? first : schedule?.next(now, set)
    const found = windowsOf({ rules, nextRotation: window?.closes }, now)
    expect(found).toHaveLength(3)
    expect(found[0]).toEqual(window)
    if (expression === undefined) return
    for (const each of found) {
      expect(each).toEqual(window)
      window = schedule?.next(window?.opens ?? 0, set)
    }
  })

  it('the last closed window is before now, also where the next one is overdue', () => {
    const daily = { rules: { expression: 'cron(0 3 * * ? *)', duration: '2h' }, nextRotation: undefined }
    expect(lastClosed(daily, now)).toBe(Date.parse('2026-11-28T05:00:00Z'))
    const overdue = { rules: { days: 10 }, nextRotation: now - hour }
    expect(lastClosed(overdue, now)).toBe(now - hour)
    expect(lastClosed({ rules: { days: 10 }, nextRotation: now + day }, now)).toBe(now - 9 * day)
  })
})

interface Given {
  readonly findings?: readonly ProbeFinding[]
  readonly rules?: Rules
  readonly nextRotation?: number
  readonly created?: number
  readonly line?: number
  readonly enabled?: boolean
}

const version = (id: string, verdict: ProbeFinding['verdict'], code?: string): ProbeFinding => ({
  about: 'version',
  version: id,
  verdict,
  says: '',
  ...(code && { code }),
})
const refused = [version('current', 'works'), version('pending', 'fails', 'LoginRefused')]

/** A rotation that is stuck, of a function with a timeout of 30 s. */
function seen({ findings = refused, rules, nextRotation, created = now - hour, line, enabled = true }: Given): Seen {
  const labels = new Map([
    ['current', ['AWSCURRENT']],
    ['pending', ['AWSPENDING']],
  ])
  const log =
    line === undefined
      ? []
      : [{ time: line, step: 'setSecret', version: 'pending', secret: 'arn', code: 'X', text: '' }]
  return {
    now,
    secret: { is: { arn: 'arn', labels, rotationEnabled: enabled, rules, nextRotation } },
    versions: { is: [{ id: 'pending', labels: ['AWSPENDING'], created }] },
    lambda: { is: { timeoutSeconds: 30 } },
    log: { is: log },
    probe: { is: { findings } },
  } as unknown as Seen
}

describe('what --fix would do', () => {
  it('is to rotate on where AWSPENDING works, and to remove it where AWSCURRENT alone works', () => {
    expect(planOf(seen({ findings: [version('pending', 'works')] }))).toMatchObject({
      act: 'rotate',
      pending: 'pending',
    })
    expect(planOf(seen({}))).toMatchObject({ act: 'remove', pending: 'pending', current: 'current' })
  })

  it.each([
    ['the version is younger than the timeout', { created: now - 20_000 }, now + 10_000],
    ['the last line is younger than the timeout', { line: now - 20_000 }, now + 10_000],
    ['the window is open', { rules: { expression: 'cron(0 10 * * ? *)', duration: '4h' } }, now + 2 * hour + 30_000],
    ['it has closed a moment ago', { rules: { days: 30 }, nextRotation: now - 20_000 }, now + 10_000],
  ] as const)('waits while %s', (_why, given, until) => {
    expect(planOf(seen(given))).toMatchObject({ act: 'nothing', until })
  })

  it.each([
    [
      'AWSPENDING cannot be reached',
      { findings: [version('current', 'works'), version('pending', 'fails', 'Unreachable')] },
    ],
    ['AWSPENDING was not tried', { findings: [version('current', 'works'), version('pending', 'untried')] }],
    [
      'neither works',
      { findings: [version('current', 'fails', 'LoginRefused'), version('pending', 'fails', 'LoginRefused')] },
    ],
    [
      'AWSCURRENT was not tried',
      { findings: [version('current', 'untried'), version('pending', 'fails', 'LoginRefused')] },
    ],
    ['rotation is off', { enabled: false }],
    ['the schedule cannot be read', { rules: { expression: 'cron(0 3 nonsense)' } }],
  ])('does nothing where %s', (_why, given) => {
    const plan = planOf(seen(given as Given))
    expect(plan.act).toBe('nothing')
  })
})
