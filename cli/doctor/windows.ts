import { Cron } from 'croner'
import { day, hour, second } from '../times.ts'
import type { Rules, Secret } from './seen.ts'

/** When Secrets Manager may rotate a secret: milliseconds since 1970. */
export interface Window {
  readonly opens: number
  readonly closes: number
}

const howMany = 3
const midnight = (time: number) => Math.floor(time / day) * day
const isCron = ({ expression }: Rules) => expression?.startsWith('cron(') === true
const lengthOf = ({ duration }: Rules) => (duration === undefined ? undefined : Number.parseInt(duration, 10) * hour)

/**
 * The windows that are open or come next, three at most (user guide, "Schedule expressions in Secrets Manager rotation").
 * Those of cron() are all certain. A rate() counts from the day on which it was set, and days from the last rotation: there
 * NextRotationDate, the end of the next window, says where to count from.
 */
export function windowsOf(secret: Pick<Secret, 'rules' | 'nextRotation'>, now: number): readonly Window[] {
  const { rules, nextRotation } = secret
  if (rules === undefined) return []
  if (isCron(rules))
    return cronWindows(rules, now, now + 800 * day, howMany + 24)
      .filter(({ closes }) => closes > now)
      .slice(0, howMany)
  const { every, hourly } = intervalOf(rules)
  if (nextRotation === undefined || every < hour) return []
  const opens = nextRotation - (lengthOf(rules) ?? (hourly ? hour : nextRotation - midnight(nextRotation)))
  const passed = Math.max(0, Math.ceil((now - nextRotation) / every))
  return Array.from({ length: howMany }, (_, index) => ({
    opens: opens + (passed + index) * every,
    closes: nextRotation + (passed + index) * every,
  }))
}

/** The window that is open, if one is. */
export function openWindow(windows: readonly Window[], now: number): Window | undefined {
  return windows.find(({ opens, closes }) => opens <= now && now < closes)
}

/** When the last window closed, or should have; undefined where that is not known. */
export function lastClosed({ rules, nextRotation }: Pick<Secret, 'rules' | 'nextRotation'>, now: number) {
  if (rules === undefined) return undefined
  if (isCron(rules)) return cronWindows(rules, now - 400 * day, now).findLast(({ closes }) => closes <= now)?.closes
  const { every } = intervalOf(rules)
  if (nextRotation === undefined || every < hour) return undefined
  return nextRotation - Math.ceil((nextRotation - now) / every) * every
}

/** Milliseconds from one window to the next; 0 where there is no such rule. */
function intervalOf({ expression, days = 0 }: Rules): { readonly every: number; readonly hourly: boolean } {
  const [, count = '', unit = ''] = /^rate\((\d+) (hour|day)s?\)$/.exec(expression ?? '') ?? []
  if (unit === '') return { every: days * day, hourly: false }
  return { every: Number(count) * (unit === 'hour' ? hour : day), hourly: unit === 'hour' }
}

/**
 * The windows of a cron() as AWS writes it: days of the week are numbered from 1 for Sunday, times are UTC. No window is longer
 * than a day.
 */
function cronWindows(rules: Rules, from: number, to: number, most = 3_000): readonly Window[] {
  const [, hours = '', days, months, weekdays] = (rules.expression ?? '').slice('cron('.length, -1).trim().split(/\s+/)
  const options = { mode: '7-part', timezone: 'UTC', alternativeWeekdays: true, sloppyRanges: true } as const
  const found: Window[] = []
  try {
    const cron = new Cron(`0 0 ${hours} ${days} ${months} ${weekdays} *`, { ...options, paused: true })
    for (
      let date = cron.nextRun(new Date(from - day));
      date !== null && found.length < most;
      date = cron.nextRun(date)
    ) {
      const opens = date.getTime()
      const byDefault = /^\d+$/.test(hours) ? midnight(opens) + day - second : opens + hour
      if (opens > to) break
      found.push({ opens, closes: opens + (lengthOf(rules) ?? byDefault - opens) })
    }
  } catch {
    return []
  }
  return found
}
