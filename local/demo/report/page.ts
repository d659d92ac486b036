import type { Shown } from '../scenario.ts'
import { panel } from './panel.ts'
import { style } from './style.ts'

const ordinals = ['First rotation', 'Second rotation']

/** One run of a demonstration, and where it ran. */
export interface Reported {
  /** The target's name for people, for instance `PostgreSQL 18.4`. */
  readonly target: string
  /** What the strategy does, in half a sentence. */
  readonly summary: string
  readonly shown: Shown
}

/**
 * A page about what was shown: a timeline for each function. It needs no other file, no network and no script.
 * @returns HTML
 */
export function reportPage(runs: readonly Reported[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Keyturn: rotations under load</title>
<style>${style}</style>
</head>
<body>
<h1>Rotations under load</h1>
<p>Each client logs in with the secret, or sends it, again and again while the function rotates it. A bar is one use, a red
mark a refusal. The axis counts from the first step; a function's very first step includes its start.</p>
${runs.map(section).join('\n')}
</body>
</html>
`
}

function section({ target, summary, shown }: Reported): string {
  const { functionId, recording, application, secretsManagerCalls, logins, refusedLogins, surprises } = shown
  const numbers = {
    'uses in all': application.queries,
    'refused logins of clients': application.failedLogins,
    'longest gap': `${application.gapMs} ms`,
    'calls of Secrets Manager': secretsManagerCalls,
    'logins of the function': `${logins}, ${refusedLogins} refused`,
  }
  const panels = recording.rotations.map((steps, index) => panel(ordinals[index] ?? '', steps, recording))
  return `<section id="${escaped(functionId)}">
<h2>${escaped(functionId)}</h2>
<p>${escaped(capitalised(target))}: ${escaped(summary)}.</p>
${panels.join('\n')}
<dl>${Object.entries(numbers)
    .map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`)
    .join('')}</dl>
${surprises.map((surprise) => `<p class="broken">${escaped(surprise)}</p>`).join('')}
</section>`
}

/** A sentence may begin with the target's name: `a provider on this machine`. */
function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** A text as HTML shows it. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`)
}
