import type { Intercept } from '../../local/secrets-manager/service/calls.ts'

/** One timeout of a function (30 s, of which it keeps 1.5), and what clocks may differ by. */
const storedWithinMs = 28_500 + 30_000

/** Has Secrets Manager answer a function's reads late while a test wants it, and says how young a key must be to be left alone. */
export function slowReads(caller: string, delayMs = 900) {
  let began: number | undefined
  let isSlow = false
  const intercept: Intercept = (call) => {
    if (!isSlow || call.caller !== caller) return undefined
    began ??= Date.now()
    return call.operation === 'GetSecretValue' ? { delayMs } : undefined
  }
  return {
    intercept,
    async during<T>(work: () => Promise<T>): Promise<T> {
      isSlow = true
      try {
        return await work()
      } finally {
        isSlow = false
        began = undefined
      }
    },
    /** In seconds since 1970, one second at most too young: a run that has made a key at this time may still store it. */
    youngest: () => Math.ceil(((began ?? Number.NaN) - storedWithinMs + 200) / 1000),
  }
}
