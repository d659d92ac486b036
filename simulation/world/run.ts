import { secretsManagerStore } from '../../shared/aws/secrets-manager.ts'
import type { Step } from '../../shared/rotation/event.ts'
import type { Redactor } from '../../shared/rotation/redact.ts'
import type { Surroundings } from '../../shared/rotation/rotate.ts'
import type { Outside, OutsideCall } from './outside.ts'
import type { SimulatedType } from './simulated-type.ts'
import { storeClient } from './store-client.ts'
import { mark, versionIdWith, type World } from './world.ts'

/** Lambda's timeout as the template has it. */
export const timeoutMs = 30_000
export const lastWordMs = 1_500

/** A call that has been made and not been answered. */
export interface PendingCall {
  readonly call: OutsideCall
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: unknown) => void
}

/** One invocation of the function, for one step. */
export interface Run {
  readonly label: string
  readonly step: Step
  readonly pending: PendingCall[]
  /** The answers that the run has got so far, hashed: with the same answers it does the same. */
  heard: string
  readonly controller: AbortController
  /** When its time runs out; Lambda ends the process `lastWordMs` later. */
  readonly ends: number
  state: 'running' | 'succeeded' | 'failed' | 'killed'
  error: unknown
}

// Leaks are looked for on real servers; here that would cost more than all the rest.
const redactor: Redactor = {
  add: () => undefined,
  keep: () => undefined,
  text: (text) => text,
  words: (words) => String(words),
  deep: (value) => value,
}

interface Invocation {
  readonly label: string
  readonly step: Step
  readonly token: string
  /** Takes the run's own notes about its deeds. */
  readonly did?: ((what: string) => void) | undefined
}

/**
 * Invokes the function. The run goes on until it waits for an answer, which is `pending` then.
 * @param carryOut true where nobody schedules the calls: each is carried out at once
 */
export function startRun(world: World, type: SimulatedType, about: Invocation, carryOut = false): Run {
  const { label, step, token, did = () => undefined } = about
  const controller = new AbortController()
  const ends = world.secrets.clock.now() + timeoutMs - lastWordMs
  const run: Run = { label, step, pending: [], heard: '', controller, ends, state: 'running', error: undefined }
  const outside = outsideOf(world, run, token, carryOut)
  const around: Surroundings = {
    store: secretsManagerStore(storeClient(world, outside), controller.signal),
    redactor,
    signal: controller.signal,
    did: (what) => did(String(what)),
    count: () => undefined,
    remainingMs: () => ends - world.secrets.clock.now(),
    now: () => world.secrets.clock.now(),
    sleep: (ms) => outside.call(waiting(world, ms)),
    randomBytes: chance(`${label}${step}${token}`),
  }
  const event = { Step: step, SecretId: world.secret.arn, ClientRequestToken: token }
  type.rotate(event, around, world, outside).then(
    () => {
      if (run.state === 'running') run.state = 'succeeded'
    },
    (error: unknown) => {
      if (run.state === 'running') run.state = 'failed'
      run.error = error
    },
  )
  return run
}

function outsideOf(world: World, run: Run, token: string, carryOut: boolean): Outside {
  /** Marks the world where a call belongs to a rotation that is over. */
  function markOutdated({ kind, name }: OutsideCall) {
    if (versionIdWith(world, 'AWSPENDING') === token) return
    if (kind === 'change' || kind === 'look') mark(world, 'outdated run')
    if (name.startsWith('stores AWSPENDING') && versionIdWith(world, 'AWSCURRENT') !== token)
      mark(world, 'staged again')
  }
  return {
    now: () => world.secrets.clock.now(),
    call<T>(call: OutsideCall<T>): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        if (run.state === 'killed') return
        if (run.controller.signal.aborted) {
          if (call.kind === 'wait') resolve(undefined as T)
          else reject(call.timedOut())
          return
        }
        const effect = () => {
          markOutdated(call)
          return call.effect()
        }
        const pending = { call: { ...call, effect }, resolve: resolve as (answer: unknown) => void, reject }
        if (carryOut) answer(pending, effect)
        else run.pending.push(pending)
      })
    },
  }
}

/** Carries a call out and answers it. */
export function answer({ call, resolve, reject }: PendingCall, effect: () => unknown): string {
  try {
    const given = effect()
    call.answered?.()
    resolve(given)
    return given === undefined ? '' : JSON.stringify(given, mapsToo)
  } catch (error) {
    reject(error)
    return String(error)
  }
}

const mapsToo = (_key: string, value: unknown) => (value instanceof Map ? [...value] : value)

function waiting(world: World, ms: number): OutsideCall<undefined> {
  const until = world.secrets.clock.now() + ms
  return {
    name: `waits ${ms} ms`,
    kind: 'wait',
    effect() {
      world.secrets.clock.set(Math.max(world.secrets.clock.now(), until))
      return undefined
    },
    lost: () => new Error('Nothing is lost by waiting.'),
    timedOut: () => new Error('Nothing is lost by waiting.'),
  }
}

/** Bytes that are the same whenever the same run is made again, and others for every other run. */
function chance(seed: string): (count: number) => Uint8Array {
  let state = 2_166_136_261
  for (let index = 0; index < seed.length; index++) state = Math.imul(state ^ seed.charCodeAt(index), 16_777_619)
  return (count) => {
    const bytes = new Uint8Array(count)
    for (let index = 0; index < count; index++) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      bytes[index] = state & 255
    }
    return bytes
  }
}
