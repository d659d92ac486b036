/** Reads the language of a template's pieces: YAML with a few marks of our own. */

/**
 * Fills in the marks of a piece.
 * - Lines from `#if FACT` to `#end` stay where the fact holds. They do not nest.
 * - `{{name}}` is replaced by a value; further lines of the value begin where the mark's line has its first word.
 * @throws Error where a mark has no value
 */
export function filled(
  piece: string,
  facts: ReadonlySet<string>,
  values: Readonly<Record<string, string | undefined>>,
): string {
  const lines: string[] = []
  let stays = true
  for (const line of piece.split('\n')) {
    const [, mark, fact = ''] = /^ *#(if|end)(?: (\w+))?$/.exec(line) ?? []
    if (mark !== undefined) stays = mark === 'end' || facts.has(fact)
    else if (stays) lines.push(withValues(line, values))
  }
  return lines.join('\n')
}

function withValues(line: string, values: Readonly<Record<string, string | undefined>>): string {
  const [start = ''] = /^ *(?:- )*/.exec(line) ?? []
  return line.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`Nothing is known of {{${name}}}.`)
    return value.replaceAll(/\n(?=.)/g, `\n${' '.repeat(start.length)}`)
  })
}

/** The entries of a piece that is a list of `name:` with deeper lines, each with the comments above it. */
export function entries(piece: string, depth: number): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const key = new RegExp(`^ {${depth}}(\\S[^:]*):`)
  let [comments, name]: [string[], string | undefined] = [[], undefined]
  for (const line of piece.split('\n')) {
    const begins = key.exec(line)?.[1]
    if (line === '') name = undefined
    if (line.startsWith(`${' '.repeat(depth)}#`) || line === '') {
      comments = line === '' ? [] : [...comments, line]
    } else if (begins !== undefined) {
      name = begins
      found.set(name, [...comments, line].join('\n'))
      comments = []
    } else if (name !== undefined) found.set(name, `${found.get(name)}\n${line}`)
  }
  return found
}

/**
 * Removes repetitions: the text under an anchor (`&name`) becomes an alias (`*name`) where it comes again, and its comments are
 * left out there.
 */
export function saidOnce(text: string): string {
  const said = new Set<string>()
  const lines: string[] = []
  let skippedBelow = Number.POSITIVE_INFINITY
  for (const line of text.split('\n')) {
    const indent = line.search(/\S|$/)
    if (line !== '' && indent > skippedBelow) continue
    skippedBelow = Number.POSITIVE_INFINITY
    const comment = /^ *# (?!---)/.test(line)
    const [, before = '', anchor] = /^( *(?:- )?(?:[\w<]+: )?)&(\w+)/.exec(line) ?? []
    if (anchor !== undefined && said.has(anchor)) {
      lines.push(`${before}*${anchor}`)
      skippedBelow = indent
    } else if (!comment || !said.has(line)) lines.push(line)
    said.add(anchor ?? (comment ? line : ''))
  }
  return lines.join('\n')
}

/** The names of all parameters and resources that a piece refers to. */
export function mentioned(text: string): string[] {
  return [...text.matchAll(/!Ref (\w+)|\$\{(\w+)\}|#if (\w+)/g)].map(([, ...names]) => names.find(Boolean) ?? '')
}
