import type { Step } from '../../shared/rotation/event.ts'

/** A step of the rotation, or the start of the next rotation. */
export type Part = Step | 'rotate'

/** Processes that run at the same time. The steps in `before` have been done, undisturbed. */
export interface Scenario {
  readonly name: string
  readonly before: readonly Step[]
  /** Each invokes its steps one after the other, as the service does, and ends where one fails. */
  readonly processes: readonly (readonly Part[])[]
}

const all = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const

/**
 * Two runs of each step, and of each two neighbouring ones, where the earlier one is a second run of a step that was done: the
 * service started it again while the first run was alive. After finishSecret comes the next rotation.
 */
export const steps: readonly Scenario[] = [
  { name: 'create+create', before: [], processes: [[all[0]], [all[0]]] },
  { name: 'create+set', before: [all[0]], processes: [[all[0]], [all[1]]] },
  { name: 'set+set', before: [all[0]], processes: [[all[1]], [all[1]]] },
  { name: 'set+test', before: all.slice(0, 2), processes: [[all[1]], [all[2]]] },
  { name: 'test+finish', before: all.slice(0, 3), processes: [[all[2]], [all[3]]] },
  { name: 'finish+finish', before: all.slice(0, 3), processes: [[all[3]], [all[3]]] },
  { name: 'finish+next', before: all.slice(0, 3), processes: [[all[3]], [all[3], 'rotate', ...all]] },
]

/** A run of setSecret that outlives its rotation and the next one. */
export const outlived: Scenario = {
  name: 'set+next',
  before: all.slice(0, 1),
  processes: [[all[1]], [...all.slice(1), 'rotate', ...all]],
}

/** The service starts the whole process again while the first one lives, and then the next rotation. */
export const whole: Scenario = { name: 'whole', before: [], processes: [all, all, ['rotate', ...all]] }

export const scenarios: readonly Scenario[] = [...steps, outlived, whole]
