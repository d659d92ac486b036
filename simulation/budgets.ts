import type { Budget } from './explore/explore.ts'

/** What every change of the code is tried with. */
export const perStep: readonly Budget[] = [{ fault: 1, preemption: 1, act: 0 }]

/** What CI tries besides: a second preemption, with a fault or with something that somebody does; and both of these. */
export const deep: readonly Budget[] = [
  { fault: 1, preemption: 2, act: 0 },
  { fault: 0, preemption: 2, act: 1 },
  { fault: 1, preemption: 0, act: 1 },
]
