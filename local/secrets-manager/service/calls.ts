import { defaultRegion } from '../arns.ts'

/** One API call, as it is recorded: never with a secret's value, policy or description. */
export interface Call {
  readonly operation: string
  /** The access key id that signed the request, which is a function's id when a function made the call. */
  readonly caller: string
  /** The Region that the request was signed for. */
  readonly region: string
  /** The SecretId as it was sent: a name, an ARN or a partial ARN. */
  readonly secretId: string | undefined
  /** 1 for the first call of this caller, 2 for the next, … */
  readonly sequence: number
  /** Milliseconds since the epoch with a fraction, by the machine's clock. */
  readonly startedAt: number
}

export interface CallRecord extends Call {
  readonly endedAt: number
  /** 'ok', the `__type` of the error, or 'hung up' when a fault cut the connection. */
  readonly outcome: string
}

/** What a test does to a call. `hangUp` cuts the connection before the call is carried out, or after that. */
export type Fault =
  | { readonly throttle: true }
  | { readonly error: { readonly type: string; readonly message?: string; readonly status?: number } }
  | { readonly hangUp: 'before' | 'after' }
  | { readonly delayMs: number }

export type Intercept = (call: Call) => Fault | undefined | Promise<Fault | undefined>

export interface CallLog {
  /** Every finished call so far, in the order in which they ended. */
  list(): readonly CallRecord[]
  /** The finished calls of one caller. */
  by(caller: string): readonly CallRecord[]
  clear(): void
  begin(about: Omit<Call, 'sequence' | 'startedAt'>): Call
  end(call: Call, outcome: string): void
}

export function createCallLog(): CallLog {
  let records: CallRecord[] = []
  const sequences = new Map<string, number>()
  const now = () => performance.timeOrigin + performance.now()
  return {
    list: () => [...records],
    by: (caller) => records.filter((record) => record.caller === caller),
    clear() {
      records = []
      sequences.clear()
    },
    begin(about) {
      const sequence = (sequences.get(about.caller) ?? 0) + 1
      sequences.set(about.caller, sequence)
      return { ...about, sequence, startedAt: now() }
    },
    end: (call, outcome) => records.push({ ...call, endedAt: now(), outcome }),
  }
}

/** Who signed a request, with which access key, and for which Region and service: the scope of a credential (Signature Version 4). */
export interface Signer {
  readonly caller: string
  readonly region: string
  /** Undefined where the request is not signed. */
  readonly service: string | undefined
}

/** Signatures are not verified. */
export function signerOf(authorization = ''): Signer {
  const caller = /Credential=([^/,\s]+)\//.exec(authorization)?.[1] ?? 'anonymous'
  const [, region = defaultRegion, service] =
    /Credential=[^/,\s]+\/\d{8}\/([\w-]{1,32})\/([\w-]{1,64})\//.exec(authorization) ?? []
  return { caller, region, service }
}
