/** The text under an anchor: the rest of its line, and the deeper lines below it, without the line's own indent. */
interface Anchored {
  readonly rest: string
  readonly below: readonly string[]
}

const anchorMark = /^( *(?:- )*(?:[\w<:]+: )?)&(\w+) ?(.*)$/
const aliasMark = /^( *(?:- )*(?:[\w<:]+: )?)\*(\w+)$/

/**
 * Writes a template without YAML's anchors, which CloudFormation does not read: the text under an anchor (`&name`) comes again
 * where its alias (`*name`) was, without the comments. Merged keys (`<<:`) stand beside the keys that they are merged with.
 * @throws Error where an alias comes before its anchor
 */
export function writtenOut(text: string): string {
  const anchors = new Map<string, Anchored>()
  return expanded(text.split('\n'), anchors).join('\n')
}

function expanded(lines: readonly string[], anchors: Map<string, Anchored>): string[] {
  const out: string[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const [, before = '', anchor = '', rest = ''] = anchorMark.exec(line) ?? []
    const [, start = '', alias] = aliasMark.exec(line) ?? []
    if (anchor !== '') {
      const below = deeper(lines, at)
      at += below.length
      const own = { rest, below: expanded(below, anchors) }
      anchors.set(anchor, { rest, below: own.below.filter((each) => !/^ *#/.test(each)) })
      out.push(...placed(before, own))
    } else if (alias !== undefined) {
      const known = anchors.get(alias)
      if (known === undefined) throw new Error(`*${alias} comes before its anchor.`)
      out.push(...placed(start, known))
    } else out.push(line)
  }
  return out
}

/** The deeper lines below a line, without its indent. */
function deeper(lines: readonly string[], at: number): string[] {
  const indent = indentOf(lines[at] ?? '')
  const rest = lines.slice(at + 1)
  const end = rest.findIndex((line) => line !== '' && indentOf(line) <= indent)
  return rest.slice(0, end === -1 ? undefined : end).map((line) => line.slice(indent))
}

function placed(before: string, { rest, below }: Anchored): string[] {
  const indent = ' '.repeat(indentOf(before))
  if (before.trim() === '<<:') return below.map((line) => `${indent}${line.slice(2)}`)
  const lines = below.map((line) => `${indent}${line}`)
  if (rest !== '') return [`${before}${rest}`, ...lines]
  // `- &name` stands over a member of a list.
  if (/- $/.test(before)) return [`${before}${lines[0]?.trimStart()}`, ...lines.slice(1)]
  return [before.trimEnd(), ...lines]
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}
