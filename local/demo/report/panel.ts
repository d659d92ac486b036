import type { RecordedStep, Recording, Use } from '../recording.ts'
import { gapMark, gapOf, refusedMarks, useMarks } from './marks.ts'
import { type Scale, scaleOf, ticks } from './scale.ts'

const beforeMs = 120
const afterMs = 180

/**
 * The timeline of one rotation: steps above, the uses of each client below.
 * @returns HTML; empty where no step has run
 */
export function panel(title: string, steps: readonly RecordedStep[], { uses }: Recording): string {
  const [first, last] = [steps[0], steps.at(-1)]
  if (first === undefined || last === undefined) return ''
  const scale = scaleOf(first.from, first.from - beforeMs, last.to + afterMs)
  const seen = uses.filter(({ from, to }) => to >= scale.from && from <= scale.to)
  const clients = [...new Set(seen.map(({ client }) => client))].sort((a, b) => a - b)
  const usesOf = (client: number) => seen.filter((use) => use.client === client)
  return `<figure class="panel">
<figcaption>${title}. ${inWords(seen)}</figcaption>
<div class="chart">
<div class="grid">${ticks(scale).map(tick).join('')}${gapMark(gapOf(seen), scale)}</div>
<div class="row"><span>the function</span><div class="steps">${steps.map((step) => stepBox(step, scale)).join('')}</div></div>
${clients.map((client) => lane(client, usesOf(client), scale)).join('\n')}
</div>
<ul class="legend">${steps.map((step) => `<li class="${step.step}">${duration(step)}</li>`).join('')}</ul>
</figure>`
}

function inWords(uses: readonly Use[]): string {
  const refused = uses.reduce((sum, { refusedAt }) => sum + refusedAt.length, 0)
  if (refused === 0) return `Not one login of ${uses.length} uses was refused.`
  const gap = gapOf(uses)
  const longest = gap === undefined ? '' : `; the longest wait for an answer after a refusal was ${gap.ms} ms`
  const lost = uses.filter(({ answered }) => !answered).length
  return `${refused} logins of ${uses.length} uses were refused${longest}${lost > 0 ? `; ${lost} uses got no answer` : ''}.`
}

function tick({ at, label }: { readonly at: number; readonly label: string }): string {
  return `<i style="left:${at}%"><b>${label}</b></i>`
}

function duration({ step, from, to, failed }: RecordedStep): string {
  return `${step} ${Math.round(to - from)} ms${failed ? ', failed' : ''}`
}

function stepBox(step: RecordedStep, { percent }: Scale): string {
  const [left, right] = [percent(step.from), percent(step.to)]
  const where = `left:${left}%;width:${(right - left).toFixed(2)}%`
  const classes = `step ${step.step}${step.failed ? ' failed' : ''}`
  return `<div class="${classes}" style="${where}" title="${duration(step)}"><b>${step.step}</b></div>`
}

function lane(client: number, uses: readonly Use[], scale: Scale): string {
  const label = `client ${client + 1}${uses.some(({ keeps }) => keeps) ? ', keeps its value' : ''}`
  const svg = `<svg class="lane" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label="${label}: ${uses.length} uses">`
  return `<div class="row"><span>${label}</span>${svg}${useMarks(uses, scale)}${refusedMarks(uses, scale)}</svg></div>`
}
