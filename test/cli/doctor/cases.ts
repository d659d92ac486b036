import type { Case } from './case.ts'
import { controlPlaneCases } from './causes/control-plane.ts'
import { functionCases } from './causes/functions.ts'
import { networkCases } from './causes/network.ts'

/** Every cause that is made here, in every way. */
export const cases: readonly Case[] = [...controlPlaneCases, ...networkCases, ...functionCases]

/** Each cause that AWS tells of once: what every change has to pass. The others are in the tier of the providers. */
export const firstCases: readonly Case[] = [...controlPlaneCases, ...networkCases].filter(
  ({ cause }, index, all) => all.findIndex((each) => each.cause === cause) === index,
)
