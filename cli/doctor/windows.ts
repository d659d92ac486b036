import { Cron } from 'croner'
import { day, hour, second } from '../times.ts'
import type { Secret } from './seen.ts'

/** When Secrets Manager may rotate a secret: milliseconds since 1970. */
export interface Window {
  readonly opens: number
  readonly closes: number
}

const howMany = 3
const midnight = (time: number) => Math.floor(time / day) * day

/**
 * The windows that are open or come next, three at most (user guide, "Schedule expressions in Secrets Manager rotation").
 * Of cron() all are certain. A rate() counts from the day on which it was set, and days from the last rotation: there
 * NextRotationDate, the end of the next window, says where to count from.
 */
export function windowsOf(secret: Pick<Secret, 'rules' | 'nextRotation'>, now: number): readonly Window[] {
  const { rules, nextRotation } = secret
  if (rules === undefined) return []
  const { expression, days, duration } = rules
  if (expression?.startsWith('cron(')) return cronWindows(expression, duration, now)
  const [, count = '', unit = ''] = /^rate\((\d+) (hour|day)s?\)$/.exec(expression ?? '') ?? []
  const interval = unit === '' ? (days ?? 0) * day : Number(count) * (unit === 'hour' ? hour : day)
  if (nextRotation === undefined || interval < hour) return []
  const length = duration === undefined ? undefined : Number.parseInt(duration, 10) * hour
  const opens =
    length !== undefined ? nextRotation - length : unit === 'hour' ? nextRotation - hour : midnight(nextRotation)
  const passed = Math.max(0, Math.ceil((now - nextRotation) / interval))
  return Array.from({ length: howMany }, (_, index) => ({
    opens: opens + (passed + index) * interval,
    closes: nextRotation + (passed + index) * interval,
  }))
}

/** As AWS writes it: the days of the week are numbered from 1 for Sunday, and all is UTC. */
function cronWindows(expression: string, duration: string | undefined, now: number): readonly Window[] {
  const [, hours = '', days, months, weekdays] = expression.slice('cron('.length, -1).trim().split(/\s+/)
  const options = { mode: '7-part', timezone: 'UTC', alternativeWeekdays: true, sloppyRanges: true } as const
  const length = duration === undefined ? undefined : Number.parseInt(duration, 10) * hour
  const found: Window[] = []
  try {
    const cron = new Cron(`0 0 ${hours} ${days} ${months} ${weekdays} *`, { ...options, paused: true })
    // None is longer than a day, so one that is open now has opened since then.
    for (const date of cron.nextRuns(howMany + 24, new Date(now - day))) {
      const opens = date.getTime()
      const byDefault = /^\d+$/.test(hours) ? midnight(opens) + day - second : opens + hour
      const closes = length === undefined ? byDefault : opens + length
      if (closes > now) found.push({ opens, closes })
    }
  } catch {
    return []
  }
  return found.slice(0, howMany)
}

/** The window that is open, if one is. */
export function openWindow(windows: readonly Window[], now: number): Window | undefined {
  return windows.find(({ opens, closes }) => opens <= now && now < closes)
}
