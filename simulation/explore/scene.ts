import { lastWordMs, type PendingCall, type Run, startRun } from '../world/run.ts'
import { rotateSecret, stateOf, versionIdWith } from '../world/world.ts'
import { expire, type Late } from './events.ts'
import type { Part } from './scenario.ts'
import { settled } from './settled.ts'
import type { Stage } from './stage.ts'

export type Say = (line: string) => void

/** A process that invokes steps one after the other. */
interface Process {
  readonly label: string
  readonly parts: readonly Part[]
  next: number
  token: string
  run: Run | undefined
  over: boolean
}

/** The processes of one history, and where they stand. */
export interface Scene {
  readonly stage: Stage
  readonly processes: readonly Process[]
  /** The calls of dead runs that have not arrived yet. */
  readonly late: Late[]
  readonly say: Say | undefined
  /** The process that goes on. */
  current: number
}

const labels = ['A', 'B', 'C'] as const

export function newScene(stage: Stage, say: Say | undefined): Scene {
  const processes = stage.scenario.processes.map((parts, index) => {
    const label = labels[index] ?? 'Z'
    return { label, parts, next: 0, token: stage.token, run: undefined, over: false }
  })
  return { stage, processes, late: [], say, current: 0 }
}

export interface Next {
  readonly process: Process
  readonly run: Run
  readonly pending: PendingCall
}

/** @returns the call that comes next if nothing happens, of the process that goes on; undefined when all have ended */
export async function nextCall(scene: Scene): Promise<Next | undefined> {
  for (;;) {
    const process = scene.processes[scene.current]
    if (process === undefined) return undefined
    const { run } = process
    if (!process.over && run?.state === 'running') {
      const [pending] = run.pending
      if (pending !== undefined) return { process, run, pending }
      throw new Error(`Run ${process.label} of ${run.step} waits for nothing that is simulated.`)
    }
    if (isOver(process)) {
      process.over = true
      const other = scene.processes.findIndex(({ over }) => !over)
      scene.current = other === -1 ? scene.processes.length : other
      continue
    }
    await start(scene, process)
  }
}

function isOver({ over, run, next, parts }: Process): boolean {
  if (over || run?.state === 'failed' || run?.state === 'killed') return true
  return next === parts.length && run?.state !== 'running'
}

async function start(scene: Scene, process: Process): Promise<void> {
  const { world, type } = scene.stage
  const part = process.parts[process.next++]
  if (part === undefined) return
  if (part === 'rotate') {
    const token = rotateSecret(world)
    scene.say?.(
      `the next rotation is started${token === process.token ? ': the one that is not complete goes on' : ''}`,
    )
    if (token === undefined) process.over = true
    else process.token = token
    return
  }
  const { label, token } = process
  // The service invokes no further step of a rotation that was dropped.
  if (world.secret.rotation?.token !== token && versionIdWith(world, 'AWSCURRENT') !== token) {
    process.over = true
    return
  }
  scene.say?.(`run ${label}: ${part} begins`)
  const did = scene.say && ((what: string) => scene.say?.(`run ${label}: … it ${what}`))
  process.run = startRun(world, type, { label, step: part, token, did })
  await settled()
}

/** Ends runs that have outlived their time, as Lambda does. */
export function endOutlived(scene: Scene): void {
  const now = scene.stage.world.secrets.clock.now()
  for (const { run, label } of scene.processes) {
    if (run?.state !== 'running' || now < run.ends) continue
    if (now >= run.ends + lastWordMs) {
      scene.say?.(`run ${label}: Lambda ends it, its time is over`)
      run.state = 'killed'
      run.pending.length = 0
    } else if (!run.controller.signal.aborted) expire(run)
  }
}

/** A text that is the same for two scenes if they have the same future. */
export function stateOfScene({ stage, processes, late, current }: Scene): string {
  // A process that is over matters only by its traces outside.
  const runs = processes.map((each) =>
    isOver(each) ? 'over' : `${each.next} ${each.token} ${each.run?.state} ${each.run?.heard}`,
  )
  const sent = late.map(({ pending, run }) => `${pending.call.name} ${run.heard}`)
  return `${current}\n${runs.join('\n')}\n${sent.join()}\n${stateOf(stage.world)}`
}
