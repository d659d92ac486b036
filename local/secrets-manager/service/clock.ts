/** The service's time: the machine's, until a test moves it. All times are milliseconds since the epoch. */
export interface Clock {
  now(): number
  /** Calls `fire` once when the clock reaches `time`. Returns how to cancel. */
  at(time: number, fire: () => unknown): () => void
  /**
   * Moves the clock forward. Calls that are due on the way are fired at their own times, in order, and awaited: a rotation
   * that starts on the way has ended, with the steps of its function, before the clock moves on.
   */
  advance(ms: number): Promise<void>
  close(): void
}

interface Alarm {
  readonly time: number
  readonly fire: () => unknown
}

// setTimeout takes a 32-bit number of milliseconds and fires at once beyond that.
const longestTimeout = 2 ** 31 - 1

export function createClock(): Clock {
  const alarms = new Set<Alarm>()
  let offset = 0
  let moving = 0
  let timer: NodeJS.Timeout | undefined
  const now = () => Date.now() + offset

  const next = () => [...alarms].sort((a, b) => a.time - b.time)[0]

  function arm() {
    clearTimeout(timer)
    const first = next()
    if (first === undefined || moving > 0) return
    timer = setTimeout(fireDue, Math.min(Math.max(first.time - now(), 0), longestTimeout))
    timer.unref()
  }

  function fireDue() {
    for (const alarm of [...alarms].filter(({ time }) => time <= now())) {
      alarms.delete(alarm)
      alarm.fire()
    }
    arm()
  }

  async function advance(ms: number) {
    const target = now() + ms
    moving++
    try {
      for (let first = next(); first !== undefined && first.time <= target; first = next()) {
        alarms.delete(first)
        offset += Math.max(first.time - now(), 0)
        await first.fire()
      }
      offset += Math.max(target - now(), 0)
    } finally {
      moving--
      arm()
    }
  }

  return {
    now,
    advance,
    at(time, fire) {
      const alarm = { time, fire }
      alarms.add(alarm)
      arm()
      return () => alarms.delete(alarm)
    },
    close() {
      clearTimeout(timer)
      alarms.clear()
    },
  }
}
