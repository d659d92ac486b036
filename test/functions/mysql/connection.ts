import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Login } from '../../../shared/database/secret.ts'
import type { RotationContext } from '../../../shared/rotation/context.ts'
import type { TestServer } from '../../support/mysql.ts'
import type { TestLogin } from '../../support/test-server.ts'

/** What an invocation gives to a session, where a test has one without the rest. */
export function contextFor(remainingMs = 20_000): RotationContext & { readonly done: readonly string[] } {
  const signal = AbortSignal.timeout(remainingMs)
  const ends = performance.now() + remainingMs
  const done: string[] = []
  return {
    secretId: 'arn',
    token: 'token',
    signal,
    done,
    remainingMs: () => ends - performance.now(),
    now: () => Date.now(),
    runMs: remainingMs,
    oldestRun: Date.now() - remainingMs,
    sleep: (ms) => sleep(ms, undefined, { signal }).catch(() => undefined),
    randomBytes: (count) => randomBytes(count),
    conceal: () => undefined,
    did: (what) => void done.push(String(what)),
    count: () => undefined,
    readSecret: async () => Promise.reject(new Error('there is no other secret')),
    secretTags: async () => new Map(),
  }
}

/** A login in clear text, so that it needs no authority. */
export function loginAt({ host, port }: TestServer, { username, password }: TestLogin): Login {
  return { username, password, host, port, database: undefined, tls: false }
}
