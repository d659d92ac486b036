import { lonePending, versionWith } from '../../shared/secret-state.ts'
import type { Probed, ProbeFinding } from '../aws/functions.ts'
import { fromNow, hour } from '../times.ts'
import { type Checked, known, type LogLine, type Secret, type Seen } from './seen.ts'

/** `sure`: this stops rotations. `likely`: it may. `note`: it stops none today. */
export type Certainty = 'sure' | 'likely' | 'note'

/** One thing that doctor has found, and what mends it. */
export interface Finding {
  readonly certainty: Certainty
  readonly saw: string
  readonly remedy: string
  /** A command that works when it is pasted; words in CAPITALS are for the reader to fill in. */
  readonly command?: string
}

/** One of the documented causes. */
export interface Cause {
  /** The cause's row in docs/doctor.md; from 33 on they are not on AWS's page. */
  readonly number: number
  readonly title: string
  /** Looks for the cause in the answers of the services; asks no service itself. */
  look(seen: Seen): readonly Finding[]
}

/** A cause that is found in one way. */
export function cause(number: number, title: string, look: (seen: Seen) => Finding | undefined): Cause {
  return { number, title, look: (seen) => [look(seen) ?? []].flat() }
}

/** Four steps of at most 15 minutes, the longest that Lambda lets a function run. */
export const longestAttempt = hour

export function isStuck({ secret, versions, now }: Seen): boolean {
  const pending = pendingOf(known(secret))
  if (pending === undefined) return false
  const created = known(versions)?.find(({ id }) => id === pending)?.created ?? known(secret)?.lastChanged
  return created === undefined || now - created > longestAttempt
}

/** A version with AWSPENDING that has not become AWSCURRENT. */
export function pendingOf(secret: Secret | undefined): string | undefined {
  return secret && lonePending(secret)
}

export function currentOf(secret: Secret | undefined): string | undefined {
  return secret && versionWith(secret, 'AWSCURRENT')
}

export function isOverdue({ secret, now }: Seen): boolean {
  const next = known(secret)?.nextRotation
  return next !== undefined && next < now
}

/** Whether something is known to be wrong. Only then are findings reported that may be harmless. */
export function isInTrouble(seen: Seen): boolean {
  return pendingOf(known(seen.secret)) !== undefined || isOverdue(seen) || failures(seen).length > 0
}

/** The failures that no later success has made good, newest first. */
export function failures({ log }: Seen): readonly LogLine[] {
  const found: LogLine[] = []
  for (const line of (known(log) ?? []).toReversed()) {
    if (line.code === undefined && (line.step === 'finishSecret' || line.step === 'testSecret')) break
    if (line.code !== undefined) found.push(line)
  }
  return found
}

/** A problem that the function itself reports: in its answer to the probe, or in its log. */
export interface Reported extends Checked {
  readonly where: string
  readonly certainty: Certainty
}

/**
 * A problem that the probe has found, or that stands in the log and is not refuted by the probe.
 * @param wanted says whether a problem is one of those that are looked for
 */
export function reported(seen: Seen, wanted: (found: Checked) => boolean): Reported | undefined {
  const probe = known(seen.probe)
  const probed = probe && checks(probe).find(wanted)
  if (probed !== undefined) return { ...probed, certainty: 'sure' }
  for (const { code, text, step, time } of failures(seen)) {
    if (code === undefined) continue
    const found = { code, ...sentences(text) }
    const where = `${step ?? 'The function'} failed ${fromNow(time, seen.now)}`
    const isOver = works(seen, currentOf(known(seen.secret))) && provable.test(code)
    if (wanted(found)) return { ...found, where, certainty: isOver ? 'likely' : 'sure' }
  }
  return undefined
}

/**
 * The problems that the probe has found, those of AWSCURRENT first: without it nothing goes on. That AWSPENDING does not work
 * is no fault while setSecret has not run.
 */
function checks({ findings, problem }: Probed): readonly Omit<Reported, 'certainty'>[] {
  const isOfCurrent = ({ labels = [] }: ProbeFinding) => labels.includes('AWSCURRENT')
  const wrong = findings
    .filter((each) => each.verdict === 'fails' && (each.about !== 'version' || isOfCurrent(each)))
    .toSorted((a, b) => Number(isOfCurrent(b)) - Number(isOfCurrent(a)))
    .map((each) => ({ ...each, what: each.about === 'version' ? 'AWSCURRENT' : `the ${each.about}` }))
  const all = problem === undefined ? wrong : [{ ...problem, what: 'the secret' }, ...wrong]
  return all.map(({ code = '', says, remedy = '', what }) => ({
    code,
    text: says,
    remedy,
    where: `The probe of ${what}`,
  }))
}

/** Codes that the probe would have found if they still held: where it says that AWSCURRENT works, they are over. */
const provable =
  /^(Unreachable|NoAnswer|ServerNotReady|Login.*|AddressRefused|Tls.*|Certificate.*|InvalidSecret|.*Unreachable|KmsAccessDenied|TimedOut)$/

/** Whether the probe has found that a version works. */
export function works({ probe }: Pick<Seen, 'probe'>, version: string | undefined): boolean {
  const found = known(probe)?.findings.find((each) => each.about === 'version' && each.version === version)
  return version !== undefined && found?.verdict === 'works'
}

/** The parts of an error of ours (shared/errors/rotation-error.ts); another text is given whole. */
export function sentences(text: string): Pick<Checked, 'text' | 'remedy'> {
  const [, what = text, remedy = ''] =
    /^(.*?) Likely cause: .* What to do: (.*?)(?: Trying again [^.]*\.)?$/s.exec(text) ?? []
  return { text: what, remedy }
}
