import { arnFor } from '../arns.ts'
import { invalidParameter, invalidRequest, serviceError } from './errors.ts'
import { flag, integer, list, optional, type Reader, record, text } from './input.ts'
import { checkName } from './names.ts'
import { description, kmsKeyId, type Operation, operation, secretId, token } from './operation.ts'
import { dropRotation } from './rotation.ts'
import { armSchedule } from './scheduler.ts'
import { changed, findLiveSecret, findSecret, identity, type Secret, type Service, seconds } from './store.ts'
import { requestedValue, requireToken, store, valueShape } from './values.ts'
import { current, sameValue, tokenInUse } from './versions.ts'

const tag = record({ Key: text({ min: 1, max: 128 }), Value: text({ max: 256 }) })
const maxTags = 50
const day = 24 * 60 * 60 * 1000
const noVersions = { from: 0, versions: new Map() }
const anything: Reader<unknown> = (value) => value

function newSecret(name: string, region: string, now: number): Secret {
  const dates = { createdAt: now, changedAt: now, accessedAt: undefined, lastRotatedAt: undefined }
  const rotation = { configuration: undefined, rotation: undefined, valuePutAt: undefined, nextWindow: undefined }
  const rest = { description: undefined, kmsKeyId: undefined, type: undefined, tags: undefined, policy: undefined }
  const none = { deletion: undefined, cancelSchedule: () => {} }
  return {
    arn: arnFor(name, region),
    name,
    versions: new Map(),
    views: [noVersions],
    ...dates,
    ...rotation,
    ...rest,
    ...none,
  }
}

/** SERVICE!NAME: a service of AWS makes it, and gives it system tags (user guide, "Secrets managed by other AWS services"). */
const managedName = /^[a-z0-9-]+!/

/** AWS's text. */
function refuseSystemTags(keys: readonly string[]) {
  const reserved = keys.find((key) => /^aws:/i.test(key))
  if (reserved !== undefined) throw invalidParameter(`You can't modify system tags. Tag key: '${reserved}'.`)
}

function setTags(secret: Secret, tags: readonly { readonly Key: string; readonly Value: string }[]) {
  const all = new Map([...(secret.tags ?? []), ...tags.map(({ Key, Value }) => [Key, Value] as const)])
  if (all.size > maxTags) throw invalidParameter(`A secret can have at most ${maxTags} tags.`)
  secret.tags = all
}

/** The secrets themselves: API reference, CreateSecret, DeleteSecret, RestoreSecret, TagResource, UntagResource. */
export const secretOperations: Record<string, Operation> = {
  CreateSecret: operation(
    {
      Name: text({ min: 1, max: 512 }),
      ClientRequestToken: token,
      ...valueShape,
      Description: description,
      KmsKeyId: kmsKeyId,
      Type: optional(text({ max: 256 })),
      Tags: optional(list(tag)),
      AddReplicaRegions: optional(anything),
    },
    (service, input) => {
      const name = checkName(input.Name)
      const id = requireToken(input.ClientRequestToken)
      const value = requestedValue(input)
      if (input.AddReplicaRegions !== undefined) throw noReplication()
      const existing = service.secrets.get(name)
      if (existing?.deletion !== undefined) {
        const why = 'because a secret with this name is already scheduled for deletion.'
        throw invalidRequest(`You can't create this secret ${why}`)
      }
      if (existing !== undefined) {
        // The same request once more, from a client that did not get the answer.
        if (value !== undefined && existing.versions.has(id)) {
          const stored = existing.versions.get(id)?.value
          if (stored === undefined || !sameValue(stored, value)) throw tokenInUse(existing, id)
          return { ...identity(existing), VersionId: id }
        }
        const what = `The operation failed because the secret ${name} already exists.`
        throw serviceError('ResourceExistsException', what)
      }
      const secret = newSecret(name, service.region, service.clock.now())
      secret.description = input.Description
      secret.kmsKeyId = input.KmsKeyId
      secret.type = input.Type
      if (input.Tags !== undefined) {
        if (!managedName.test(name)) refuseSystemTags(input.Tags.map(({ Key }) => Key))
        setTags(secret, input.Tags)
      }
      service.secrets.set(name, secret)
      if (value === undefined) return identity(secret)
      store(service, secret, id, value, [current])
      secret.valuePutAt = undefined
      return { ...identity(secret), VersionId: id }
    },
  ),

  DeleteSecret: operation(
    {
      SecretId: secretId,
      RecoveryWindowInDays: optional(integer()),
      ForceDeleteWithoutRecovery: optional(flag),
    },
    (service, { SecretId, RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force = false }) => {
      if (force && days !== undefined) {
        throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
      }
      if (days !== undefined && (days < 7 || days > 30)) {
        throw invalidParameter('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).')
      }
      const now = service.clock.now()
      if (force) {
        const secret = withoutFailing(() => findSecret(service, SecretId)) ?? newSecret(SecretId, service.region, now)
        if (service.secrets.get(secret.name) === secret) remove(service, secret)
        return { ...identity(secret), DeletionDate: seconds(now) }
      }
      const secret = findLiveSecret(service, SecretId)
      retire(secret)
      const at = now + (days ?? 30) * day
      secret.deletion = { at, cancel: service.clock.at(at, () => remove(service, secret)) }
      reportEach(service, secret, 'StartSecretVersionDelete')
      changed(service, secret)
      return { ...identity(secret), DeletionDate: seconds(at) }
    },
  ),

  RestoreSecret: operation({ SecretId: secretId }, (service, { SecretId }) => {
    const secret = findSecret(service, SecretId)
    if (secret.deletion !== undefined) {
      secret.deletion.cancel()
      secret.deletion = undefined
      reportEach(service, secret, 'CancelSecretVersionDelete')
      armSchedule(service, secret)
      changed(service, secret)
    }
    return identity(secret)
  }),

  TagResource: operation({ SecretId: secretId, Tags: list(tag) }, (service, { SecretId, Tags }) => {
    const secret = findLiveSecret(service, SecretId)
    refuseSystemTags(Tags.map(({ Key }) => Key))
    setTags(secret, Tags)
    changed(service, secret)
  }),

  UntagResource: operation({ SecretId: secretId, TagKeys: list(text({ min: 1, max: 128 })) }, (service, input) => {
    const secret = findLiveSecret(service, input.SecretId)
    refuseSystemTags(input.TagKeys)
    for (const key of input.TagKeys) secret.tags?.delete(key)
    changed(service, secret)
  }),

  ReplicateSecretToRegions: () => {
    throw noReplication()
  },
  RemoveRegionsFromReplication: () => {
    throw noReplication()
  },
  StopReplicationToReplica: () => {
    throw noReplication()
  },
}

function noReplication() {
  return invalidRequest('This is a Secrets Manager for a laptop with one Region: secrets are not replicated.')
}

/**
 * Finds nothing where there is no such secret: a forced deletion is answered as if it had existed. An impossible name still
 * fails.
 */
function withoutFailing<T>(find: () => T): T | undefined {
  try {
    return find()
  } catch (error) {
    if (error instanceof Error && 'type' in error && error.type === 'ResourceNotFoundException') return undefined
    throw error
  }
}

function retire(secret: Secret) {
  dropRotation(secret)
  secret.cancelSchedule()
}

function remove(service: Service, secret: Secret) {
  retire(secret)
  secret.deletion?.cancel()
  service.secrets.delete(secret.name)
  reportEach(service, secret, 'EndSecretVersionDelete')
}

function reportEach(service: Service, secret: Secret, event: `${'Start' | 'Cancel' | 'End'}SecretVersionDelete`) {
  for (const id of secret.versions.keys()) service.events.service(event, secret, id)
}
