import type { Budget } from './explore/explore.ts'
import type { SimulatedType } from './world/simulated-type.ts'

type Budgets = (type: Pick<SimulatedType, 'isLarge'>) => readonly Budget[]

const both: Budget = { fault: 1, preemption: 1, act: 0 }

/** The budgets with which every change of the code is tried. */
export const perStep: Budgets = ({ isLarge }) =>
  isLarge
    ? [
        { fault: 1, preemption: 0, act: 0 },
        { fault: 0, preemption: 1, act: 0 },
      ]
    : [both]

/** Further budgets, for CI: a second preemption with a fault, with a human act, or with both. */
export const deep: Budgets = ({ isLarge }) =>
  isLarge
    ? [both, { fault: 0, preemption: 1, act: 1 }]
    : [
        { fault: 1, preemption: 2, act: 0 },
        { fault: 0, preemption: 2, act: 1 },
        { fault: 1, preemption: 0, act: 1 },
      ]
