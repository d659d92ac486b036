import { type PublicKey, parsePublicKey, publicKeyLine } from '../../shared/ssh-protocol/public-key.ts'

/** A line of authorized_keys that lets a key in (sshd(8), "AUTHORIZED_KEYS FILE FORMAT"). */
export interface KeyLine {
  /** As they are written, or empty. */
  readonly options: string
  readonly key: PublicKey
  readonly comment: string
}

/** A line with whatever ended it, which is nothing where the file ends without a newline. */
export interface Line {
  readonly text: string
  readonly end: string
  readonly entry: KeyLine | undefined
}

/**
 * @param text of a file, one character a byte
 * @returns its lines, which joined again are the text
 */
export function parseLines(text: string): Line[] {
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

export function lineOf({ options, key, comment }: KeyLine): string {
  return [options, publicKeyLine(key), comment].filter((part) => part !== '').join(' ')
}

/**
 * A new key's line in the likeness of another one.
 * @param from a line whose options and words the new one is to have
 * @param mark of the new line
 */
export function lineLike({ options, comment }: KeyLine, key: PublicKey, mark: string): string {
  // What somebody wrote there stays; the mark of an earlier rotation does not. Bytes beyond ASCII are parts of letters, and
  // no blanks, whatever \s takes them for.
  const words = comment.replaceAll(/(^|[ \t]+)keyturn:[^ \t]+/g, '')
  return lineOf({ options, key, comment: `${words} ${mark}`.replace(/^[ \t]+/, '') })
}
