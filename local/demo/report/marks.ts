import type { Use } from '../recording.ts'
import type { Scale } from './scale.ts'

/** The longest time from a refusal to the answer that the same client got in the end. */
export interface Gap {
  readonly from: number
  readonly to: number
  readonly ms: number
}

/** @returns undefined where nobody was refused, or nobody was answered afterwards */
export function gapOf(uses: readonly Use[]): Gap | undefined {
  let longest: Gap | undefined
  for (const { refusedAt, to, answered } of uses) {
    const [from] = refusedAt
    if (from === undefined || !answered) continue
    const ms = Math.round(to - from)
    if (longest === undefined || ms > longest.ms) longest = { from, to, ms }
  }
  return longest
}

export function gapMark(gap: Gap | undefined, { percent }: Scale): string {
  if (gap === undefined) return ''
  const [left, right] = [percent(gap.from), percent(gap.to)]
  // Near the right edge its label stands to the left.
  return `<em class="gap${left > 60 ? ' late' : ''}" style="left:${left}%;width:${(right - left).toFixed(2)}%"><b>${gap.ms} ms</b></em>`
}

/** In thousandths of the panel's width: a use of a fraction of a millisecond has to be seen, too. */
const leastWidth = 1.5

/** All uses of a client as one path: there are hundreds. */
export function useMarks(uses: readonly Use[], { percent }: Scale): string {
  const line = ({ from, to }: Use) => {
    const start = percent(from) * 10
    return `M${start.toFixed(1)} 5H${Math.max(percent(to) * 10, start + leastWidth).toFixed(1)}`
  }
  return `<path class="used" d="${uses.map(line).join('')}"/>`
}

/** Each refusal as an element of its own, so that it can be pointed at. */
export function refusedMarks(uses: readonly Use[], { percent, sinceStart }: Scale): string {
  const mark = (at: number) =>
    `<path class="refused" d="M${(percent(at) * 10).toFixed(1)} 0V10"><title>refused after ${sinceStart(at)} ms</title></path>`
  return uses.flatMap(({ refusedAt }) => refusedAt.map(mark)).join('')
}
