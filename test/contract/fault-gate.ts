/** Before: the call has not left. After: the target has done it and answered, but the answer does not arrive. */
export type Moment = 'before it leaves' | 'after it has arrived'

/** Decides for proxies about each call, at once or later. */
export interface Gate {
  /** A call has come: it goes on where `leaves()` is true, and its answer is passed on where `answers()` is. */
  arrive(name: string): { leaves(): boolean | Promise<boolean>; answers(): boolean | Promise<boolean> }
}

/** Counts the outside calls of a function, and kills the function at one of them. Shared by the proxies. */
export interface FaultGate extends Gate {
  /** Forgets all calls, and kills at the n-th from now on; without arguments it lets everything pass. */
  arm(n?: number, moment?: Moment, kill?: () => void): void
  /** Names of the calls since then, in the order in which they came. */
  readonly calls: readonly string[]
  /** Whether the kill has happened. */
  readonly fired: boolean
  arrive(name: string): { leaves(): boolean; answers(): boolean }
}

export function createFaultGate(): FaultGate {
  let calls: string[] = []
  let target: { readonly n: number; readonly moment: Moment; readonly kill: () => void } | undefined
  let fired = false

  function passes(n: number, moment: Moment): boolean {
    if (target?.n !== n || target.moment !== moment) return !fired
    fired = true
    target.kill()
    return false
  }
  return {
    arm(n, moment, kill) {
      calls = []
      fired = false
      target = n === undefined || moment === undefined || kill === undefined ? undefined : { n, moment, kill }
    },
    get calls() {
      return calls
    },
    get fired() {
      return fired
    },
    arrive(name) {
      const n = calls.push(name)
      return { leaves: () => passes(n, 'before it leaves'), answers: () => passes(n, 'after it has arrived') }
    },
  }
}
