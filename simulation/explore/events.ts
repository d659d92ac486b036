import type { PendingCall, Run } from '../world/run.ts'
import { answer } from '../world/run.ts'
import { rotateSecret, tokenOf, valueWith, type World, write } from '../world/world.ts'

/** The part of a history's budget that an event uses up. */
export type Cost = 'fault' | 'preemption' | 'act' | 'free'

export interface Option {
  readonly what: string
  readonly cost: Cost
}

/** A call that a dead run has sent, and that has not arrived. */
export interface Late {
  readonly pending: PendingCall
  readonly run: Run
}

type Strike = (pending: PendingCall, run: Run, late: Late[]) => void

const said = (pending: PendingCall, run: Run) => pending.reject(pending.call.lost()) ?? run
const end = (run: Run) => {
  run.state = 'killed'
  run.pending.length = 0
}

/** What can happen to a call instead of being carried out and answered. */
export const faults: Readonly<Record<string, { readonly story: string; readonly strike: Strike }>> = {
  lost: { story: 'is lost on its way', strike: said },
  unsent: {
    story: 'does not leave, and the run is told so',
    strike: ({ call, reject }) => reject(call.unsent?.() ?? call.lost()),
  },
  unanswered: {
    story: 'is done, but the answer is lost',
    strike(pending, run) {
      quietly(pending.call.effect)
      said(pending, run)
    },
  },
  repeated: {
    story: 'is done, the answer is lost, and the SDK sends it again',
    strike(pending) {
      quietly(pending.call.effect)
      answer(pending, pending.call.effect)
    },
  },
  stale: {
    story: 'is answered with the state before the last change',
    strike: (pending) => void answer(pending, pending.call.stale ?? pending.call.effect),
  },
  kill: { story: 'does not leave: the run is killed', strike: (_pending, run) => end(run) },
  'done-kill': {
    story: 'is done, and the run is killed',
    strike(pending, run) {
      quietly(pending.call.effect)
      end(run)
    },
  },
  late: {
    story: 'is on its way when the run is killed',
    strike(pending, run, late) {
      late.push({ pending, run })
      end(run)
    },
  },
  deadline: { story: 'does not leave: the time of the run is over', strike: (pending, run) => expire(run, pending) },
  'done-deadline': {
    story: 'is done, but the time of the run is over',
    strike(pending, run) {
      quietly(pending.call.effect)
      expire(run, pending)
    },
  },
}

/** The faults that each kind of call can have. Other faults would make no difference: a read that was answered in vain. */
export const faultsOf: Readonly<Record<PendingCall['call']['kind'], readonly string[]>> = {
  read: ['lost', 'kill', 'deadline', 'stale'],
  write: ['lost', 'unanswered', 'repeated', 'kill', 'done-kill', 'late', 'deadline', 'done-deadline'],
  look: ['lost', 'kill', 'deadline'],
  change: ['lost', 'unsent', 'unanswered', 'kill', 'done-kill', 'late', 'deadline', 'done-deadline'],
  wait: [],
}

/** Ends the time of a run: the calls that it waits for end in a timeout, and so do all that it makes from then on. */
export function expire(run: Run, ...waiting: readonly PendingCall[]): void {
  run.controller.abort()
  for (const { call, resolve, reject } of [...waiting, ...run.pending.splice(0)])
    if (call.kind === 'wait') resolve(undefined)
    else reject(call.timedOut())
}

/** Things that an operator may do to the secret meanwhile. */
export const operatorActs: Readonly<Record<string, { readonly story: string; act(world: World): void }>> = {
  put: {
    story: 'an operator stores the value in use once more with another note (put-secret-value)',
    act(world) {
      const value = JSON.parse(valueWith(world, 'AWSCURRENT') ?? '{}') as object
      put(world, JSON.stringify({ ...value, note: `edited ${world.marks.size}` }))
    },
  },
  unstage: {
    story: 'an operator removes AWSPENDING (update-secret-version-stage)',
    act(world) {
      const version = [...world.secret.versions.values()].find(({ stages }) => stages.has('AWSPENDING'))
      if (version === undefined) return
      const input = { SecretId: world.secret.arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: version.id }
      write(world, () => world.secrets.call('UpdateSecretVersionStage', input))
    },
  },
  rotate: { story: 'an operator starts a rotation (rotate-secret)', act: (world) => void rotateSecret(world) },
  cancel: {
    story: 'an operator cancels the rotation (cancel-rotate-secret)',
    act: (world) => void write(world, () => world.secrets.call('CancelRotateSecret', { SecretId: world.secret.arn })),
  },
}

/** Stores a value by hand. */
export function put(world: World, SecretString: string): void {
  const ClientRequestToken = tokenOf(100 + world.secret.versions.size)
  write(world, () =>
    world.secrets.call('PutSecretValue', { SecretId: world.secret.arn, ClientRequestToken, SecretString }),
  )
}

export function quietly(effect: () => unknown): void {
  try {
    effect()
  } catch {
    // nobody hears it
  }
}
