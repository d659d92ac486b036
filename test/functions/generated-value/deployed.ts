import { generatedValue } from './secret-type.ts'

/** One for each function: what it rotates when it is deployed. */
export const deployed = [generatedValue]
