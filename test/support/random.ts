import { randomBytes } from 'node:crypto'

/** A name that no other suite has. */
export function randomName(prefix = 't'): string {
  return `${prefix}_${randomBytes(6).toString('hex')}`
}

/** A password that nothing else contains, so that finding it means having leaked it. */
export function randomPassword(): string {
  return `Pw${randomBytes(12).toString('hex')}`
}

/** Chance as the composition root gives it. */
export const processRandom = { randomBytes: (count: number): Uint8Array => randomBytes(count) }
