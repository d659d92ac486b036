import { marksIn, saidIn, shortName } from '../../shared/ssh-protocol/marks.ts'
import { type PublicKey, parsePublicKey, publicKeyLine } from '../../shared/ssh-protocol/public-key.ts'

/** A line of authorized_keys that lets a key in (sshd(8), "AUTHORIZED_KEYS FILE FORMAT"). */
interface KeyLine {
  /** As they are written, or empty. */
  readonly options: string
  readonly key: PublicKey
  readonly comment: string
}

/** A line with whatever ended it, which is nothing where the file ends without a newline. */
interface Line {
  readonly text: string
  readonly end: string
  readonly entry: KeyLine | undefined
}

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
}

const same = (one: PublicKey | undefined, other: PublicKey | undefined) =>
  one !== undefined && other !== undefined && one.blob.equals(other.blob)

/**
 * @param text a file, one character a byte: other people's lines come out as they went in, whatever they hold
 * @returns the comments of the lines that let a key in
 */
export function linesOf(text: string, key: PublicKey): readonly string[] {
  return parse(text).flatMap(({ entry }) => (same(entry?.key, key) ? [entry?.comment ?? ''] : []))
}

/** The marks of a key, which `saidIn` reads. */
export function marksOf(text: string, key: PublicKey, owner: string): readonly string[] {
  return marksIn(linesOf(text, key), owner)
}

/** Whether a mark was made for this key: comments are copied by hand, too. */
function isOurs({ key, comment }: KeyLine, owner: string): boolean {
  return saidIn(marksIn([comment], owner), 'of').includes(shortName(key))
}

/**
 * Whether there are keys of this secret that this run does not know. They are of rotations that were dropped; or of one
 * that has begun since, if it is this run that was dropped.
 */
export function hasUnknown(text: string, { current, pending, previous, owner }: Wanted): boolean {
  const before = current === undefined ? [] : saidIn(marksOf(text, current, owner), 'after')
  return parse(text).some(({ entry }) => {
    if (entry === undefined || !isOurs(entry, owner) || before.includes(shortName(entry.key))) return false
    return ![current, pending, previous].some((key) => same(key, entry.key))
  })
}

/**
 * The file as it is to be: the new key beside each line of the current one, with its options; without the key before last
 * and what dropped rotations have left. The same text where that is so already.
 * @returns undefined where neither the current key nor the one before has a line whose options the new one could have
 */
export function edited(text: string, { current, pending, previous, owner, mark }: Wanted): string | undefined {
  const lines = parse(text)
  const holds = (key: PublicKey | undefined) => lines.some(({ entry }) => same(entry?.key, key))
  const missing = [pending, current].filter((key) => key !== undefined && !holds(key))
  const template = holds(current) ? current : holds(previous) ? previous : undefined
  if (missing.length > 0 && template === undefined && current !== undefined) return undefined

  const before = current === undefined ? [] : saidIn(marksOf(text, current, owner), 'after')
  const isStale = (entry: KeyLine) =>
    !same(entry.key, current) &&
    !same(entry.key, pending) &&
    (same(entry.key, previous) || before.includes(shortName(entry.key)) || isOurs(entry, owner))
  const out = lines.flatMap(({ text: line, end, entry }) => {
    // Which hosts were left behind may have changed since an earlier run put the new key there.
    // What a mark says beyond that stays true.
    const isMarked = entry?.comment.endsWith(mark) || entry?.comment.includes(`${mark}:`)
    if (entry !== undefined && same(entry.key, pending) && isOurs(entry, owner) && !isMarked)
      return [copyOf(entry, pending, mark) + end]
    // Before the old line rather than after it, so that a file without a final newline needs none.
    const added = entry !== undefined && same(entry.key, template) ? missing : []
    const ofCurrent = current === undefined ? '' : `:of=${shortName(current)}`
    const restored = `${owner}restored${ofCurrent}${previous === undefined ? '' : `:after=${shortName(previous)}`}`
    const copies = added.map((key) => copyOf(entry, key, key === pending ? mark : restored) + (end || '\n'))
    return [...copies, entry !== undefined && isStale(entry) ? '' : line + end]
  })
  if (template !== undefined || missing.length === 0) return out.join('')
  // The first key of an account.
  const rest = out.join('')
  return `${rest}${rest === '' || rest.endsWith('\n') ? '' : '\n'}${publicKeyLine(pending)} ${mark}\n`
}

function copyOf(from: KeyLine | undefined, key: PublicKey | undefined, mark: string): string {
  if (from === undefined || key === undefined) return ''
  // What somebody wrote there stays; the mark of an earlier rotation does not. Bytes beyond ASCII are parts of letters, and
  // no blanks, whatever \s takes them for.
  const comment = `${from.comment.replaceAll(/(^|[ \t]+)keyturn:[^ \t]+/g, '')} ${mark}`.replace(/^[ \t]+/, '')
  return [from.options, publicKeyLine(key), comment].filter((part) => part !== '').join(' ')
}

function parse(text: string): Line[] {
  const wholes = text.split(/(?<=\n)/).filter((whole) => whole !== '')
  return wholes.map((whole) => {
    const line = whole.replace(/\r?\n$/, '')
    return { text: line, end: whole.slice(line.length), entry: parseLine(line) }
  })
}

/** As sshd reads a line: a key, or options and a key. What it would not take lets nobody in, and is not looked at. */
function parseLine(line: string): KeyLine | undefined {
  const start = line.replace(/^[ \t]+/, '')
  if (start === '' || start.startsWith('#')) return undefined
  const plain = parsePublicKey(start)
  if (plain !== undefined) return { options: '', key: plain, comment: plain.comment }
  const options = optionsOf(start)
  const key = parsePublicKey(start.slice(options.length).replace(/^[ \t]+/, ''))
  // An authority's line lets in what it has signed, not its key itself.
  const names = options.replaceAll(/"(?:\\"|[^"])*"/g, '')
  if (key === undefined || /(^|,)cert-authority(,|$)/i.test(names)) return undefined
  return { options, key, comment: key.comment }
}

/** Up to the first blank outside of quotes; a quote after a backslash is none. */
function optionsOf(line: string): string {
  let quoted = false
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '\\' && line[at + 1] === '"') at++
    else if (line[at] === '"') quoted = !quoted
    else if (!quoted && (line[at] === ' ' || line[at] === '\t')) return line.slice(0, at)
  }
  return line
}
