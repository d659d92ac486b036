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

/** A part of a mark that names a key; nothing where there is none. */
export function naming(name: 'of' | 'after', key: PublicKey | undefined): string {
  return key === undefined ? '' : `:${name}=${shortName(key)}`
}

/** The marks of a secret in some comments. */
export function marksIn(comments: readonly string[], owner: string): readonly string[] {
  return comments.flatMap((comment) => comment.split(/[ \t]/).filter((word) => word.startsWith(owner)))
}

/**
 * What marks say under a name: `of=` the key that it was made for, `after=` the key before, `fleet=` hosts that all have the
 * key, but for those that `behind=` names.
 */
export function saidIn(marks: readonly string[], name: 'of' | 'after' | 'fleet' | 'behind'): readonly string[] {
  return marks.flatMap((mark) => new RegExp(`:${name}=([0-9a-f+]+)`).exec(mark)?.[1]?.split('+') ?? [])
}
