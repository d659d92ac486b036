import { UsageError } from './failures.ts'

export const second = 1_000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour

/** A length of time in its largest unit: `3 d`, `5 h`, `12 min`, `40 s`. */
export function span(ms: number): string {
  const [unit, name] =
    ms >= 2 * day ? [day, 'd'] : ms >= 2 * hour ? [hour, 'h'] : ms >= 2 * minute ? [minute, 'min'] : [second, 's']
  return `${Math.max(0, Math.floor(Number(ms) / Number(unit)))} ${name}`
}

/** `3 d ago`, `in 27 d`; a dash where there is no time. */
export function fromNow(time: number | undefined, now: number): string {
  if (time === undefined) return '-'
  // AWS's clock and this machine's may differ a little.
  return time <= now + 5 * second ? `${span(Math.max(now - time, 0))} ago` : `in ${span(time - now)}`
}

/** A number of seconds that somebody has typed. @throws UsageError */
export function secondsGiven(option: string, text: string): number {
  if (/^\d{1,6}$/.test(text) && Number(text) > 0) return Number(text)
  throw new UsageError(`${option} takes a whole number of seconds from 1 on, not "${text}".`)
}
