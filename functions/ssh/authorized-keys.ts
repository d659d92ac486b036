import { marksIn, naming, saidIn, shortName } from '../../shared/ssh-protocol/marks.ts'
import { type PublicKey, publicKeyLine } from '../../shared/ssh-protocol/public-key.ts'
import { expiring, isExpiring, lasting } from './expiry.ts'
import { type KeyLine, type Line, lineLike, lineOf, parseLines } from './key-lines.ts'

/** What a file is to hold of a secret. */
export interface Wanted {
  /** Undefined where the account never had a key of this secret. */
  readonly current: PublicKey | undefined
  readonly pending: PublicKey
  /** Of AWSPREVIOUS, where it is needed: gives its options to the others where their lines are missing, and goes. */
  readonly previous: PublicKey | undefined
  /** Begins the marks of this secret's lines. */
  readonly owner: string
  /** The mark of the new line, which begins with `owner`. */
  readonly mark: string
  /** Until when the key before the current one still lets in, as `expiryFor` gives it; undefined where it goes at once. */
  readonly expiry: string | undefined
}

const same = (one: PublicKey | undefined, other: PublicKey | undefined) =>
  one !== undefined && other !== undefined && one.blob.equals(other.blob)

/**
 * Whether a file lets a key in.
 * @param text a file, one character a byte: other people's lines come out as they went in, whatever they hold
 */
export function hasLine(text: string, key: PublicKey): boolean {
  return parseLines(text).some(({ entry }) => same(entry?.key, key))
}

/** The marks of a key, which `saidIn` reads. */
export function marksOf(text: string, key: PublicKey, owner: string): readonly string[] {
  const comments = parseLines(text).flatMap(({ entry }) => (same(entry?.key, key) ? [entry?.comment ?? ''] : []))
  return marksIn(comments, owner)
}

/** The short names of the keys that were before this one, where its marks say that. */
export function namedBefore(text: string, key: PublicKey | undefined, owner: string): readonly string[] {
  return key === undefined ? [] : saidIn(marksOf(text, key, owner), 'after')
}

/** Whether a mark was made for this key: comments are copied by hand, too. */
function isOurs({ key, comment }: KeyLine, owner: string): boolean {
  return saidIn(marksIn([comment], owner), 'of').includes(shortName(key))
}

/**
 * Whether there are keys of this secret that this run does not know. They are of rotations that were dropped; or of one
 * that has begun since, if it is this run that was dropped. A key with an end is out of use, whether a run of ours or
 * somebody else set that end.
 */
export function hasUnknown(text: string, { current, pending, previous, owner }: Wanted): boolean {
  const before = namedBefore(text, current, owner)
  return parseLines(text).some(({ entry }) => {
    if (entry === undefined || !isOurs(entry, owner) || isExpiring(entry, owner)) return false
    if (before.includes(shortName(entry.key))) return false
    return ![current, pending, previous].some((key) => same(key, entry.key))
  })
}

/**
 * The file as it is to be: the new key beside each line of the current one, with its options; without the key before last,
 * or with an end to it, and without what dropped rotations have left. The same text where that is so already.
 * @returns undefined where neither the current key nor the one before has a line whose options the new one could have
 */
export function edited(text: string, wanted: Wanted): string | undefined {
  const { current, pending, previous, owner, mark } = wanted
  const lines = parseLines(text)
  const holds = (key: PublicKey | undefined) => lines.some(({ entry }) => same(entry?.key, key))
  const missing = [pending, current].filter((key): key is PublicKey => key !== undefined && !holds(key))
  const template = holds(current) ? current : holds(previous) ? previous : undefined
  if (missing.length > 0 && template === undefined && current !== undefined) return undefined

  const before = namedBefore(text, current, owner)
  const isBefore = ({ key }: KeyLine) => same(key, previous) || before.includes(shortName(key))
  const restored = `${owner}restored${naming('of', current)}${naming('after', previous)}`
  const out = lines.flatMap((line) => {
    const { text: whole, end, entry } = line
    if (entry === undefined) return [whole + end]
    // Before the old line rather than after it, so that a file without a final newline needs none.
    const added = same(entry.key, template) ? missing : []
    const copies = added.map((key) => {
      return lineLike(lasting(entry, owner), key, key === pending ? mark : restored) + (end || '\n')
    })
    return [...copies, next(line, entry, wanted, isBefore(entry))]
  })
  if (template !== undefined || missing.length === 0) return out.join('')
  // The first key of an account.
  const rest = out.join('')
  return `${rest}${rest === '' || rest.endsWith('\n') ? '' : '\n'}${publicKeyLine(pending)} ${mark}\n`
}

/** What becomes of a line that lets in: itself, something like it, or nothing. */
function next({ text, end }: Line, entry: KeyLine, wanted: Wanted, isBefore: boolean): string {
  const { current, pending, owner, mark, expiry } = wanted
  if (same(entry.key, pending)) {
    // Which hosts were left behind may have changed since an earlier run put the new key there.
    // What a mark says beyond that stays true.
    const isMarked = entry.comment.endsWith(mark) || entry.comment.includes(`${mark}:`)
    return isOurs(entry, owner) && !isMarked ? lineLike(lasting(entry, owner), pending, mark) + end : text + end
  }
  // Somebody has gone back to a key that was to end.
  if (same(entry.key, current)) return isExpiring(entry, owner) ? lineOf(lasting(entry, owner)) + end : text + end
  if (isBefore && expiry !== undefined)
    return isExpiring(entry, owner) ? text + end : expiring(entry, expiry, owner) + end
  return isBefore || isOurs(entry, owner) ? '' : text + end
}
