import { createHash } from 'node:crypto'
import type { RotationContext } from '../rotation/context.ts'
import type { PublicKey } from './public-key.ts'

/** `keyturn:SECRET:`, which all marks of a secret begin with. */
export function ownerOf({ secretId }: Pick<RotationContext, 'secretId'>): string {
  return `keyturn:${createHash('sha256').update(secretId).digest('hex').slice(0, 12)}:`
}

/** A key in a mark. */
export function shortName({ blob }: PublicKey): string {
  return createHash('sha256').update(blob).digest('hex').slice(0, 16)
}

/** What the marks in some comments say under a name: `after=` the key before, `behind=` hosts that were left behind. */
export function saidIn(comments: readonly string[], owner: string, name: 'after' | 'behind'): readonly string[] {
  const marks = comments.flatMap((comment) => comment.split(/\s/).filter((word) => word.startsWith(owner)))
  return marks.flatMap((mark) => new RegExp(`:${name}=([0-9a-f+]+)`).exec(mark)?.[1]?.split('+') ?? [])
}
