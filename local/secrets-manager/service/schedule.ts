import { Cron } from 'croner'
import { invalidParameter } from './errors.ts'

/** RotationRules as they were given, and the rotation windows that follow from them. All of it in UTC. */
export interface Schedule {
  readonly rules: RotationRules
  /**
   * The first window that opens after `after`.
   * @param lastRotation when the value was last rotated, or the schedule was set; milliseconds, like all times here
   */
  next(after: number, lastRotation: number): Window
}

export interface RotationRules {
  readonly AutomaticallyAfterDays?: number | undefined
  readonly ScheduleExpression?: string | undefined
  readonly Duration?: string | undefined
}

export interface Window {
  readonly opens: number
  readonly closes: number
}

const hour = 60 * 60 * 1000
const day = 24 * hour
const shortestInterval = 4 * hour

const midnight = (time: number) => Math.floor(time / day) * day

/**
 * Reads RotationRules (user guide, "Schedule expressions in Secrets Manager rotation"; API reference,
 * RotationRulesType). Undefined when they ask for no schedule.
 * @param now the moment at which the schedule is set: `rate` counts from its midnight
 * @throws ServiceError InvalidParameterException for an expression or a Duration that AWS refuses
 */
export function parseSchedule(rules: RotationRules, now: number): Schedule | undefined {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression, Duration } = rules
  if (days !== undefined && expression !== undefined) {
    throw invalidParameter('You cannot specify both rotation frequency and schedule expression together.')
  }
  if (days === undefined && expression === undefined) {
    if (Duration === undefined) return undefined
    throw invalidParameter('Duration needs AutomaticallyAfterDays or ScheduleExpression.')
  }
  const { opening, hourly } = days === undefined ? parseExpression(expression ?? '', now) : everyDays(days)
  const length = Duration === undefined ? undefined : parseDuration(Duration)
  const next = (after: number, lastRotation: number) => {
    const opens = opening(after, lastRotation)
    const byDefault = hourly ? opens + hour : midnight(opens) + day - 1000
    return { opens, closes: length === undefined ? byDefault : opens + length }
  }
  const schedule = { rules, next }
  checkWindows(schedule, now)
  return schedule
}

type Opening = (after: number, lastRotation: number) => number

/** Counts from the previous rotation, by day: the window is the whole day on which it is due. */
function everyDays(days: number): { opening: Opening; hourly: boolean } {
  return {
    hourly: false,
    opening(after, lastRotation) {
      const due = midnight(lastRotation) + days * day
      return due > after ? due : midnight(after) + day
    },
  }
}

function parseExpression(expression: string, now: number): { opening: Opening; hourly: boolean } {
  const rate = /^rate\((\d+) (hours?|days?)\)$/.exec(expression)
  if (rate) return parseRate(expression, Number(rate[1]), String(rate[2]).startsWith('hour'), now)
  const cron = /^cron\((.*)\)$/.exec(expression)
  if (cron) return parseCron(expression, String(cron[1]))
  throw refused(expression, 'Use rate(n hours), rate(n days) or cron(0 hour day-of-month month day-of-week *).')
}

function refused(expression: string, why: string) {
  return invalidParameter(`The ScheduleExpression ${expression} is not valid. ${why}`)
}

function parseRate(expression: string, count: number, hourly: boolean, now: number) {
  const interval = count * (hourly ? hour : day)
  if (interval < shortestInterval) throw refused(expression, 'A secret can be rotated every four hours at most.')
  if (interval > 1000 * day) throw refused(expression, 'A secret is rotated every 1000 days at least.')
  const start = midnight(now)
  return { hourly, opening: (after: number) => start + (Math.floor((after - start) / interval) + 1) * interval }
}

/** AWS's limits come first; the arithmetic is croner's, with AWS's numbering of the days of the week (1 is Sunday). */
function parseCron(expression: string, fields: string) {
  const [minute, hours = '', dayOfMonth, month, dayOfWeek, year, ...more] = fields.trim().split(/\s+/)
  if (year === undefined || more.length > 0) throw refused(expression, 'cron() takes six fields.')
  if (minute !== '0') throw refused(expression, 'The minutes must be 0: rotation windows open on the hour.')
  if (year !== '*') throw refused(expression, 'The year must be *.')
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw refused(expression, 'Exactly one of day-of-month and day-of-week must be ?.')
  }
  const pattern = `0 0 ${hours} ${dayOfMonth} ${month} ${dayOfWeek} *`
  const options = { mode: '7-part', timezone: 'UTC', alternativeWeekdays: true, sloppyRanges: true } as const
  const cron = (() => {
    try {
      return new Cron(pattern, { ...options, paused: true })
    } catch (error) {
      const why = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : ''
      throw refused(expression, `It can't be read: ${why}`)
    }
  })()
  const opening = (after: number) => {
    const next = cron.nextRun(new Date(after))
    if (next === null) throw refused(expression, 'It never comes true.')
    return next.getTime()
  }
  return { hourly: !/^\d+$/.test(hours), opening }
}

function parseDuration(duration: string): number {
  const hours = Number(/^(\d+)h$/.exec(duration)?.[1])
  if (hours >= 1 && hours <= 24) return hours * hour
  throw invalidParameter(`The Duration ${duration} is not valid. Use 1h to 24h.`)
}

/** A window must end before the next one opens and on the day it began. Looks at 400 windows, of two years at most. */
function checkWindows({ rules, next }: Schedule, now: number) {
  const about = rules.ScheduleExpression ?? `AutomaticallyAfterDays ${rules.AutomaticallyAfterDays}`
  let window = next(now, now)
  for (let count = 0; count < 400 && window.opens < now + 730 * day; count++) {
    const following = next(window.opens, window.opens)
    if (following.opens - window.opens < shortestInterval) {
      throw refused(about, 'A secret can be rotated every four hours at most.')
    }
    if (window.closes > following.opens) {
      throw invalidParameter(`The Duration ${rules.Duration} reaches into the next rotation window of ${about}.`)
    }
    if (window.closes > midnight(window.opens) + day) {
      throw invalidParameter(`The Duration ${rules.Duration} reaches into the next UTC day after a window of ${about}.`)
    }
    window = following
  }
}
