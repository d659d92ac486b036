import { createHash } from 'node:crypto'
import type { SecretDescription } from './secret-store.ts'

/**
 * A run says by it that it is about to use up something that can be used once. It is a label on the version that holds the thing,
 * and its name is all that other runs have to know: a label makes no version, and may be put on a version that exists already.
 */
export interface Claim {
  readonly label: string
  /** The version that it is on. */
  readonly version: string
  /** What is claimed, by its fingerprint. */
  readonly use: string
  /** The version that the run wants to store, by its fingerprint. */
  readonly token: string
  /** When the thing may have been sent for the first time, in milliseconds since 1970. */
  readonly since: number
  /** When the run that has made the claim is over, whatever becomes of it. */
  readonly until: number
  /** Tells the runs for one version apart. */
  readonly nonce: string
  /** How many claims there were in the last hours (claim-rate.ts). */
  readonly counts: string
  /** Fingerprints of what was used up before, the last one first. */
  readonly used: readonly string[]
}

const prefix = 'KEYTURN_CLAIM.'
/** Of 256 characters that a label may have, the others need less than half. */
const mostUsed = 8

/** @returns 16 characters by which a value is known again; of a value that cannot be guessed they tell nothing else */
export function fingerprint(value: string): string {
  return createHash('sha256').update(value).digest('hex').slice(0, 16)
}

/** The name of a claim. */
export function claimLabel(claim: Omit<Claim, 'label' | 'version'>): string {
  const { use, token, since, until, nonce, counts, used } = claim
  const times = [since, until].map((time) => Math.floor(time).toString(36))
  const before = [...new Set(used)].filter((each) => each !== use).slice(0, mostUsed)
  return prefix + [use, token, ...times, nonce, counts, ...before].join('.')
}

/** All claims on a secret. A label that only looks like one is none. */
export function claimsIn(labels: SecretDescription['labels']): Claim[] {
  return [...labels].flatMap(([version, held]) => held.flatMap((label) => claimOf(label, version) ?? []))
}

function claimOf(label: string, version: string): Claim | undefined {
  if (!label.startsWith(prefix)) return undefined
  const [use = '', token = '', since = '', until = '', nonce = '', counts = '', ...used] = label
    .slice(prefix.length)
    .split('.')
  const times = [since, until].map((text) => Number.parseInt(text, 36))
  if (nonce === '' || times.some(Number.isNaN)) return undefined
  const [from = 0, to = 0] = times
  return { label, version, use, token, since: from, until: to, nonce, counts, used }
}

/** Whether what was claimed has led to a stored value: then the run that claimed it is done. */
export function isSettled(claim: Claim, labels: SecretDescription['labels'], ownToken: string): boolean {
  return labels.keys().some((id) => id !== ownToken && fingerprint(id) === claim.token)
}

const endPrefix = 'KEYTURN_REAUTHORIZE.'

/** The label that remembers that nothing can be done with something any more. */
export function endLabel(use: string): string {
  return endPrefix + use
}

/** The labels that remember such an end, with what they are on. */
export function endsIn(labels: SecretDescription['labels']): { readonly label: string; readonly version: string }[] {
  return [...labels].flatMap(([version, held]) =>
    held.filter((label) => label.startsWith(endPrefix)).map((label) => ({ label, version })),
  )
}
