import { startRds } from './rds.ts'

/** One for all that a test file imports: to start it takes seconds. */
export const rds = await startRds()
