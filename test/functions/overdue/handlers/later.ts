import type { Context } from 'aws-lambda'
import { handler as overdue } from '../../../../functions/overdue/overdue.ts'

const now = Date.now
Date.now = () => now() + Number(process.env.AHEAD_MS)

/** Overdue on a machine whose clock is ahead, but for its remaining time: the rotations that it judges are in the past. */
export function handler(event: unknown, context: Context): Promise<void> {
  return overdue(event, { ...context, getRemainingTimeInMillis: () => 30_000 })
}
