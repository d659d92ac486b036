import { rotationHandler } from '../../../../shared/rotation-handler.ts'

/** A function of ours with a defect. */
export const handler = rotationHandler(() => {
  throw new TypeError('a defect')
})
