import { RotationError } from '../errors/rotation-error.ts'
import { say, type Words } from '../errors/words.ts'
import { type Finding, fails, labelled, type ProbedVersion, untried, version } from './finding.ts'
import { versionWith } from './guard.ts'
import { type ProbeEvent, parseProbe } from './probe-event.ts'
import type { Redactor } from './redact.ts'
import { contextOf, type Surroundings } from './rotate.ts'
import type { SecretDescription } from './secret-store.ts'
import type { SecretType } from './secret-type.ts'
import { concealSecret } from './version-reader.ts'

/** A finding as it is sent: no value, and no password in anybody's words. */
interface ShownFinding extends Pick<Finding, 'about' | 'version' | 'verdict' | 'mayLock'> {
  readonly labels?: readonly string[]
  readonly says: string
  readonly code?: string
  readonly likely?: string
  readonly remedy?: string
  readonly retryable?: boolean
}

/** What the function answers to a probe. Whatever is wrong with the secret is an answer, and no failure of the function. */
export interface ProbeAnswer {
  readonly KeyturnProbe: 1
  /** Absent where the secret could not be looked at. */
  readonly rotationEnabled?: boolean
  readonly findings: readonly ShownFinding[]
  /** Whether the value before goes on working after a rotation. */
  readonly overlap?: boolean
  /** What goes on after the value is dead. */
  readonly outlives?: string
  /** Why nothing was looked at. */
  readonly problem?: Pick<ShownFinding, 'says' | 'code' | 'likely' | 'remedy' | 'retryable'>
}

interface ProbeSurroundings extends Surroundings {
  /** The ARN of the function that was invoked. */
  readonly functionArn: string
}

const labelsInOrder = ['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS']

/**
 * Looks at the versions of a secret and at what a rotation would need, and changes nothing: also with rotation off, and
 * without a pending version.
 * @param secretType makes the type; a wrong variable of the function is an answer, too
 * @throws whatever is no RotationError: a defect
 */
export async function probe<S>(
  secretType: () => SecretType<S>,
  event: unknown,
  around: ProbeSurroundings,
): Promise<ProbeAnswer> {
  try {
    const wanted = parseProbe(event)
    const description = await described(wanted, around)
    const type = secretType()
    const { findings, outlives } = await found(type, wanted, description, around)
    return {
      KeyturnProbe: 1,
      rotationEnabled: description.rotationEnabled === true,
      overlap: type.overlap,
      ...(outlives && { outlives: around.redactor.words(outlives) }),
      findings: findings.map((each) => shownFinding(each, description.labels, around.redactor)),
    }
  } catch (error) {
    if (!(error instanceof RotationError)) throw error
    const problem = { says: around.redactor.words(error.what), ...details(error, around.redactor) }
    return { KeyturnProbe: 1, findings: [], problem }
  }
}

/**
 * The function's role lets it see only secrets that it rotates. An operator who may invoke the function must not see more by it.
 * @throws RotationError ProbeRefused, and what describing the secret fails with
 */
async function described({ secretId }: ProbeEvent, { store, functionArn }: ProbeSurroundings) {
  const description = await store.describe(secretId).catch((error: unknown) => {
    if (!(error instanceof RotationError) || error.code !== 'AccessDenied') throw error
    throw new RotationError('ProbeRefused', say`The role of the function may not look at secret ${secretId}.`, {
      cause: error,
    })
  })
  // An alias is this function, too.
  const plain = (arn: string | undefined) => arn?.split(':').slice(0, 7).join(':')
  if (plain(description.rotationLambdaArn) === plain(functionArn)) return description
  const other = description.rotationLambdaArn
  const who = other === undefined ? say`no function` : say`${other}`
  throw new RotationError('ProbeRefused', say`Secret ${secretId} is rotated by ${who}, and not by ${functionArn}.`)
}

async function found<S>(
  type: SecretType<S>,
  { secretId, versionIds, first }: ProbeEvent,
  description: SecretDescription,
  around: ProbeSurroundings,
): Promise<{ readonly findings: readonly Finding[]; readonly outlives: Words | undefined }> {
  const { labels } = description
  const staged = labelsInOrder.flatMap((label) => versionWith(labels, label) ?? [])
  const ids = [...new Set([...staged, ...versionIds])]
  const read = await Promise.all(ids.map((id) => readVersion(type, secretId, id, labels, around)))
  const versions = read.flatMap((each) => ('secret' in each ? [each] : []))
  const unread = read.flatMap((each) => ('secret' in each ? [] : [each]))
  const tried = [...versions].sort((one, other) => Number(other.id === first) - Number(one.id === first))
  const token = versionWith(labels, 'AWSPENDING') ?? versionWith(labels, 'AWSCURRENT') ?? ''
  const context = contextOf({ secretId, token }, around)
  const answer =
    type.probe === undefined
      ? versions.map((each) => untried(version(each), say`This kind of secret cannot be probed.`))
      : await type.probe(tried, context)
  const place = (finding: Finding) => (finding.version === undefined ? ids.length : ids.indexOf(finding.version))
  const current = labelled(versions, 'AWSCURRENT')
  return {
    findings: [...answer, ...unread].sort((one, other) => place(one) - place(other)),
    outlives: current && type.outlives?.(current.secret),
  }
}

/** @returns a finding, where the version cannot be read */
async function readVersion<S>(
  type: SecretType<S>,
  secretId: string,
  id: string,
  labels: SecretDescription['labels'],
  { store, redactor }: ProbeSurroundings,
): Promise<ProbedVersion<S> | Finding> {
  const about = version({ id })
  const held = labels.get(id) ?? []
  try {
    const value = await store.read(secretId, { id })
    if (value === undefined)
      return untried(about, say`The version has no value: createSecret has stored none, or it is gone.`)
    if (value.text === undefined) throw new RotationError('InvalidSecret', say`The value of the version is binary.`)
    concealSecret(value.text, type, redactor)
    return { id, labels: held, secret: type.parse(value.text) }
  } catch (error) {
    if (!(error instanceof RotationError)) throw error
    return fails(about, error)
  }
}

function shownFinding(
  { error, says, ...finding }: Finding,
  labels: SecretDescription['labels'],
  redactor: Redactor,
): ShownFinding {
  const of = finding.version === undefined ? {} : { labels: labels.get(finding.version) ?? [] }
  const shown = { ...finding, ...of, says: redactor.words(says) }
  return error === undefined ? shown : { ...shown, ...details(error, redactor) }
}

function details({ code, likely, remedy, retryable }: RotationError, redactor: Redactor) {
  return { code, likely: redactor.words(likely), remedy: redactor.words(remedy), retryable }
}
