import { createHash } from 'node:crypto'
import type { RotationContext } from '../rotation/context.ts'

/** Before every mark, whichever the secret. */
const allMarks = 'keyturn-'
/** RFC 4648 base32, in lower case: providers take it in names, and none reads it as a number or a word. */
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/** What all keys of a secret are marked with: their marks begin with it. */
export function markOf(secretId: string): string {
  const digest = createHash('sha256').update(secretId).digest()
  return `${allMarks}${letters(digest.subarray(0, 10))}-`
}

/**
 * A name for a new key, 32 characters of `[a-z0-9-]`: whose it is, when it was asked for, and a few random characters, since
 * some providers take no name twice. The time is that of the functions' clocks, which judge it again; a provider's may be off.
 */
export function newMarker({
  secretId,
  now,
  randomBytes,
}: Pick<RotationContext, 'secretId' | 'now' | 'randomBytes'>): string {
  const time = Math.floor(now() / 1000)
    .toString(36)
    .padStart(7, '0')
  return `${markOf(secretId)}${time}-${letters(randomBytes(5))}`
}

/** @returns when the marked key was asked for, in milliseconds; undefined for what is no mark of this secret */
export function timeOfMarker(text: string, secretId: string): number | undefined {
  const mark = markOf(secretId)
  const time = text.startsWith(mark) ? /^([0-9a-z]{7})-[a-z2-7]{5}$/.exec(text.slice(mark.length))?.[1] : undefined
  return time === undefined ? undefined : Number.parseInt(time, 36) * 1000
}

/** Whether a function of Keyturn has made it, for whichever secret. */
export function isMarked(text: string): boolean {
  return text.startsWith(allMarks)
}

function letters(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => alphabet[byte % 32]).join('')
}
