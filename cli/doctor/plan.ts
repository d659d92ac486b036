import { lonePending, versionWith } from '../../shared/secret-state.ts'
import type { ProbeFinding } from '../aws/functions.ts'
import { known, type LogLine, type Seen } from './seen.ts'
import { lastClosed, openWindow, windowsOf } from './windows.ts'
import { when } from './words.ts'

/** What --fix does, or why it does nothing. */
export type Plan =
  | { readonly act: 'rotate'; readonly pending: string }
  | { readonly act: 'remove'; readonly pending: string; readonly current: string; readonly timeoutMs: number }
  | { readonly act: 'nothing'; readonly why: string; readonly until?: number }

/** Codes which say that a version itself does not work. Any other code may be gone in a minute, and proves nothing about it. */
const isRefusal = /^(LoginRefused|KeyRefused|ClientRefused|GrantRefused|InvalidSecret)$/

/**
 * Plans to rotate on where AWSPENDING works, and to remove it where AWSCURRENT works, AWSPENDING is refused and no step can be
 * running any more. It plans nothing else, and nothing without the probe.
 */
export function planOf(seen: Seen): Plan {
  const secret = known(seen.secret)
  const [pending, current] = secret === undefined ? [] : [lonePending(secret), versionWith(secret, 'AWSCURRENT')]
  if (pending === undefined || current === undefined) return nothing('No rotation is stuck: there is nothing to mend.')
  if (secret?.rotationEnabled !== true) return nothing('Rotation is off: switch it on first, or nothing goes on.')
  if (!('is' in seen.probe)) return nothing(`Without the probe nothing is changed: ${seen.probe.unknown}.`)
  const { findings, problem } = seen.probe.is
  if (problem !== undefined) return nothing(`The function could not look: ${problem.says}`)
  const of = (version: string) => findings.find((each) => each.about === 'version' && each.version === version)
  const [first, second] = [of(pending), of(current)]
  if (first?.verdict === 'works') return { act: 'rotate', pending }
  if (first?.verdict !== 'fails' || !isRefusal.test(first.code ?? '')) return nothing(unclear(pending, first))
  if (second?.verdict !== 'works')
    return nothing(`Neither AWSPENDING nor AWSCURRENT is known to work, so no label is touched. ${working(findings)}`)
  return removal(seen, pending, current)
}

const nothing = (why: string): Plan => ({ act: 'nothing', why })

function unclear(pending: string, found: ProbeFinding | undefined): string {
  const why = found === undefined ? 'the probe says nothing of it' : found.says
  return `Whether AWSPENDING (version ${pending}) works is not proved: ${why} Rotating on makes its value, or tries it again.`
}

function working(findings: readonly ProbeFinding[]): string {
  const found = findings.find(({ about, verdict }) => about === 'version' && verdict === 'works')
  return found === undefined ? 'No version that was tried works.' : `Version ${found.version} works.`
}

function removal(seen: Seen, pending: string, current: string): Plan {
  const [secret, lambda, log, versions] = [
    known(seen.secret),
    known(seen.lambda),
    known(seen.log),
    known(seen.versions),
  ]
  const created = versions?.find(({ id }) => id === pending)?.created
  if (secret === undefined || lambda === undefined || log === undefined || created === undefined)
    return nothing('Whether a step is running cannot be seen: function, log and versions have to be read for that.')
  const windows = windowsOf(secret, seen.now)
  const hasSchedule = secret.rules?.days !== undefined || secret.rules?.expression !== undefined
  if (hasSchedule && windows.length === 0) return nothing('Whether the rotation window is closed cannot be told.')
  const timeoutMs = lambda.timeoutSeconds * 1_000
  // The line of a probe names the version, too, but is no step.
  const isOfStep = ({ version, step, secret: of, text }: LogLine) =>
    step === undefined ? of === undefined && text.includes(pending) : version === pending
  const lines = log.filter(isOfStep)
  const signs = [created, ...lines.map(({ time }) => time)]
  const closes = openWindow(windows, seen.now)?.closes ?? lastClosed(secret, seen.now)
  // A step may have begun in the last moment of the window.
  const until = Math.max(...signs, ...(closes === undefined ? [] : [closes])) + timeoutMs
  if (seen.now > until) return { act: 'remove', pending, current, timeoutMs }
  return { act: 'nothing', why: `A step may be running until ${when(until)}: wait until then.`, until }
}
