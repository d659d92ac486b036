import type { Clock } from '../../local/secrets-manager/service/clock.ts'

/** The time of one history, which passes only where somebody waits. */
export interface SimulatedClock extends Clock {
  set(time: number): void
}

/** @returns a clock of the laptop's Secrets Manager without the machine's time; nothing is due on it by itself */
export function simulatedClock(): SimulatedClock {
  let time = 0
  return {
    now: () => time,
    set(to) {
      time = to
    },
    // Nothing is scheduled here: each history decides when a rotation starts.
    at: () => () => undefined,
    async advance(ms) {
      time += ms
    },
    close: () => undefined,
  }
}
