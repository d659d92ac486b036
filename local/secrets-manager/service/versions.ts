import { invalidParameter, invalidRequest, limitExceeded, notFound, serviceError } from './errors.ts'
import type { Secret, SecretValue, Service, Version } from './store.ts'

export const current = 'AWSCURRENT'
export const pending = 'AWSPENDING'
const previous = 'AWSPREVIOUS'

const maxVersions = 100
const maxLabels = 20
const day = 24 * 60 * 60 * 1000

/** The version that carries the label; a label is on at most one. */
export function versionWith(secret: Pick<Secret, 'versions'>, label: string): Version | undefined {
  return secret.versions.values().find(({ stages }) => stages.has(label))
}

/** AWSPENDING on a version that is not also AWSCURRENT: a rotation that has not succeeded. */
export function lonePending(secret: Secret): Version | undefined {
  const staged = versionWith(secret, pending)
  return staged?.stages.has(current) ? undefined : staged
}

export function sortedLabels({ stages }: Version): string[] {
  return [...stages].sort()
}

/** VersionIdsToStages: labelled versions only, labels sorted, absent when there is none. */
export function labelledVersions(versions: ReadonlyMap<string, Version>): Record<string, string[]> | undefined {
  const labelled = versions.values().filter(({ stages }) => stages.size > 0)
  const entries = labelled.map((version) => [version.id, sortedLabels(version)] as const).toArray()
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/**
 * Attaches a label to a version, or to none, and takes it off the version that had it. AWSPREVIOUS goes to the version
 * that AWSCURRENT has left (API reference, UpdateSecretVersionStage).
 */
export function moveLabel(service: Service, secret: Secret, label: string, to: Version | undefined): void {
  const from = versionWith(secret, label)
  if (from === to) return
  from?.stages.delete(label)
  to?.stages.add(label)
  if (label === current && from !== undefined) moveLabel(service, secret, previous, from)
  if (to !== undefined) service.events.labelUpdated(secret, label, to.id)
}

/** @throws ServiceError LimitExceededException when the secret would have more than 20 labels */
export function checkLabelCount(secret: Secret, added: readonly string[]): void {
  const labels = new Set([...secret.versions.values()].flatMap(({ stages }) => [...stages]))
  if (labels.union(new Set(added)).size <= maxLabels) return
  throw limitExceeded(`A secret can have at most ${maxLabels} staging labels.`)
}

/**
 * Adds an empty version. Versions without a label that are older than 24 hours make room when there are 100.
 * @throws ServiceError LimitExceededException when all 100 are labelled or younger than 24 hours
 */
export function addVersion(service: Service, secret: Secret, id: string): Version {
  const now = service.clock.now()
  const old = [...secret.versions.values()].filter(
    ({ stages, createdAt }) => stages.size === 0 && now - createdAt > day,
  )
  for (const { id: oldest } of old.slice(0, Math.max(secret.versions.size + 1 - maxVersions, 0))) {
    service.events.service('StartSecretVersionDelete', secret, oldest)
    secret.versions.delete(oldest)
    service.events.service('EndSecretVersionDelete', secret, oldest)
  }
  if (secret.versions.size >= maxVersions) {
    throw limitExceeded(`A secret can have about ${maxVersions} versions; none is removed in its first 24 hours.`)
  }
  const { kmsKeyId } = secret
  const version = { id, createdAt: now, stages: new Set<string>(), kmsKeyId, value: undefined, accessedAt: undefined }
  secret.versions.set(id, version)
  return version
}

/**
 * The version to write a value to: a new one, or the empty placeholder of a rotation, the only version that can be
 * overwritten. Undefined when the version exists and holds this very value, which makes the request a repetition.
 * @throws ServiceError ResourceExistsException when it holds another value
 */
export function versionToWrite(secret: Secret, id: string, value: SecretValue): Version | 'new' | undefined {
  const existing = secret.versions.get(id)
  if (existing === undefined) return 'new'
  if (existing.value === undefined) return existing
  if (sameValue(existing.value, value)) return undefined
  throw tokenInUse(secret, id)
}

export function tokenInUse({ arn }: Secret, id: string) {
  const what = `You can't use ClientRequestToken ${id} because that value is already in use`
  return serviceError('ResourceExistsException', `${what} for a version of secret ${arn}.`)
}

export function sameValue(one: SecretValue, other: SecretValue): boolean {
  if ('string' in one) return 'string' in other && one.string === other.string
  return 'binary' in other && one.binary === other.binary
}

/**
 * The version a GetSecretValue means: by id, by label, or AWSCURRENT. AWS's texts.
 * @throws ServiceError ResourceNotFoundException also for an empty version; InvalidRequestException when both disagree
 */
export function versionToRead(
  versions: ReadonlyMap<string, Version>,
  id: string | undefined,
  label: string | undefined,
): Version & { readonly value: SecretValue } {
  const wanted = label ?? current
  const found = id === undefined ? versions.values().find(({ stages }) => stages.has(wanted)) : versions.get(id)
  if (found !== undefined && label !== undefined && !found.stages.has(label)) {
    throw invalidRequest('You provided a VersionStage that is not associated to the provided VersionId.')
  }
  const { value } = found ?? {}
  if (found !== undefined && value !== undefined) return { ...found, value }
  const what = id === undefined ? `staging label: ${wanted}` : `VersionId: ${id}`
  throw notFound(`Secrets Manager can't find the specified secret value for ${what}`)
}

/**
 * The rule of UpdateSecretVersionStage for every label, not only AWSCURRENT: a caller that moves a label must name the version
 * that has it. AWS's texts, the last one excepted.
 * @throws ServiceError InvalidParameterException
 */
export function checkMove(secret: Secret, label: string, removeFrom: string | undefined, moveTo: string | undefined) {
  const holder = versionWith(secret, label)
  if (removeFrom === undefined && moveTo === undefined) {
    throw invalidParameter('You must provide a value for RemoveFromVersionId, for MoveToVersionId, or for both.')
  }
  if (holder !== undefined && holder.id !== moveTo && removeFrom !== holder.id) {
    const wrong = removeFrom === undefined ? "can't be empty" : 'is wrong'
    const where = `Staging label ${label} is currently attached to version ${holder.id}`
    const what = `${where}, so you must explicitly reference that version in RemoveFromVersionId.`
    throw invalidParameter(`The parameter RemoveFromVersionId ${wrong}. ${what}`)
  }
  if (label === current && moveTo === undefined) {
    const only = 'You can only move staging label AWSCURRENT to a different secret version.'
    throw invalidParameter(`${only} It can’t be completely removed.`)
  }
  if (removeFrom !== undefined && removeFrom !== holder?.id) {
    throw invalidParameter(`Staging label ${label} is not attached to version ${removeFrom}.`)
  }
}
