import type { Cause, Certainty, Finding } from './cause.ts'
import { aroundCauses } from './causes/around.ts'
import { codeCauses } from './causes/code.ts'
import { lambdaCauses } from './causes/lambda.ts'
import { networkCauses } from './causes/network.ts'
import { rightsCauses } from './causes/rights.ts'
import { secretCauses } from './causes/secret.ts'
import { otherCodes, targetCauses } from './causes/target.ts'
import type { Seen } from './seen.ts'

const symptoms = [18, 24, 28]

/** All causes. A cause stands before those that follow from it; causes that only show that something is wrong come last. */
export const causes: readonly Cause[] = (() => {
  const all = [
    ...secretCauses,
    ...lambdaCauses,
    ...codeCauses,
    ...rightsCauses,
    ...networkCauses,
    ...targetCauses,
    ...aroundCauses,
    otherCodes,
  ]
  const isSymptom = ({ number }: Cause) => symptoms.includes(number)
  return [...all.filter((each) => !isSymptom(each)), ...all.filter(isSymptom)]
})()

export interface Diagnosis extends Finding {
  readonly number: number
  readonly title: string
}

const order: readonly Certainty[] = ['sure', 'likely', 'note']

/**
 * Draws the conclusions from the answers of the services: the sure ones first, then the likely ones, each in the order of the
 * causes.
 */
export function diagnose(seen: Seen): readonly Diagnosis[] {
  const found = causes.flatMap(({ number, title, look }) =>
    look(seen).map((finding) => ({ number, title, ...finding })),
  )
  return order.flatMap((certainty) => found.filter((each) => each.certainty === certainty))
}
