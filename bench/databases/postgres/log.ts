import type { Move } from '../../target.ts'

/**
 * Reads the moves of the sessions that begin in a server's log. The server must log connections and all statements.
 * @param log lines that begin with the process, `[123] `
 */
export function movesIn(log: string): Move[] {
  const moves: Move[] = []
  const sessions = new Set<string>()
  for (const { process: session, said } of entries(log)) {
    const username = /^connection authorized: user=(\w+)/.exec(said)?.[1]
    if (username !== undefined) {
      sessions.add(session)
      moves.push({ session, does: 'login', who: username })
    }
    // A session that was open before the log began is not a rotation's.
    if (!sessions.has(session)) continue
    const [, text, values] =
      /^(?:statement|execute <unnamed>): (.*?)(?:\nDETAIL: {2}Parameters: (.*))?$/s.exec(said) ?? []
    if (text !== undefined) moves.push({ session, does: 'call', text, ...(values && { values: parameters(values) }) })
    if (said.startsWith('disconnection:')) moves.push({ session, does: 'end' })
  }
  return moves
}

/** Each message with its details; lines of it after the first are indented. */
function entries(log: string): { process: string; said: string }[] {
  const found: { process: string; said: string }[] = []
  for (const line of log.split(/\n(?!\t)/)) {
    const [, process = '', level, text = ''] = /^\[(\d+)\] (\w+): {2}(.*)$/s.exec(line) ?? []
    const said = text.replaceAll('\n\t', '\n')
    if (level === 'LOG') found.push({ process, said })
    const whole = found.findLast((each) => each.process === process)
    if (level === 'DETAIL' && whole !== undefined) whole.said += `\nDETAIL:  ${said}`
  }
  return found
}

/** `$1 = 'a', $2 = 'b'` */
function parameters(list: string): string[] {
  return [...list.matchAll(/\$\d+ = '((?:[^']|'')*)'/g)].map(([, value = '']) => value.replaceAll("''", "'"))
}
