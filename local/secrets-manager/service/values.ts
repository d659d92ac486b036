import { invalidParameter, invalidRequest } from './errors.ts'
import { base64, type Input, list, optional, text } from './input.ts'
import { description, kmsKeyId, type Operation, operation, secretId, stage, token, versionId } from './operation.ts'
import { abandonRotation, dropRotation, succeed } from './rotation.ts'
import {
  changed,
  findLiveSecret,
  identity,
  nextWindow,
  type Secret,
  type SecretValue,
  type Service,
  seconds,
  visibleVersions,
} from './store.ts'
import * as versions from './versions.ts'

const maxBytes = 65_536
const secretString = optional(text({ min: 1, max: maxBytes, sensitive: true }))
const secretBinary = optional(base64({ min: 1, max: maxBytes }))
export const valueShape = { SecretString: secretString, SecretBinary: secretBinary }
const rotationToken = optional(text({ min: 36, max: 256, pattern: /^[a-zA-Z0-9-]+$/, sensitive: true }))

/**
 * The value of a request, if it has one.
 * @throws ServiceError when it has two, or more than 65,536 bytes
 */
export function requestedValue(input: Input<typeof valueShape>): SecretValue | undefined {
  const { SecretString, SecretBinary } = input
  if (SecretString !== undefined && SecretBinary !== undefined) {
    throw invalidParameter('You can’t specify both a binary secret value and a string secret value in the same secret.')
  }
  // The service model counts characters, the user guide ("Secrets Manager quotas") bytes.
  const bytes = Buffer.byteLength(SecretString ?? '')
  if (bytes > maxBytes) throw invalidParameter(`A secret value can have at most ${maxBytes} bytes; this has ${bytes}.`)
  if (SecretString !== undefined) return { string: SecretString }
  return SecretBinary === undefined ? undefined : { binary: SecretBinary }
}

/** The token becomes the version's id. SDKs and the CLI fill it in; AWS's text when it is missing. */
export function requireToken(id: string | undefined): string {
  if (id !== undefined) return id
  throw invalidRequest('You must provide a ClientRequestToken value. We recommend a UUID-type value.')
}

/**
 * Stores a value and moves the labels to it. A value that takes AWSCURRENT abandons the rotation in flight, unless it
 * is that rotation's own. Returns undefined for a repetition, which changes nothing.
 */
export function store(service: Service, secret: Secret, id: string, value: SecretValue, labels: readonly string[]) {
  const target = versions.versionToWrite(secret, id, value)
  if (target === undefined) return undefined
  // The first value of a secret becomes AWSCURRENT, whatever was asked for.
  const first = versions.versionWith(secret, versions.current) === undefined
  const wanted = new Set(first ? [...labels, versions.current] : labels)
  versions.checkLabelCount(secret, [...wanted])
  const version = target === 'new' ? versions.addVersion(service, secret, id) : target
  version.value = value
  const isForeign = id !== secret.rotation?.token
  if (isForeign && service.anyVersionAbandons && target === 'new') abandonRotation(service, secret)
  if (wanted.has(versions.current) && isForeign) {
    abandonRotation(service, secret)
    secret.valuePutAt = service.clock.now()
    secret.nextWindow = nextWindow(service, secret)
  }
  for (const label of [...wanted].sort()) versions.moveLabel(service, secret, label, version)
  // As with UpdateSecretVersionStage: the rotation that has AWSPENDING is the one that is taken up again.
  if (wanted.has(versions.pending) && id !== secret.rotation?.token) dropRotation(secret)
  changed(service, secret)
  return version
}

export const valueOperations: Record<string, Operation> = {
  PutSecretValue: operation(
    {
      SecretId: secretId,
      ClientRequestToken: token,
      ...valueShape,
      VersionStages: optional(list(stage, { min: 1, max: 20 })),
      RotationToken: rotationToken,
    },
    (service, input) => {
      // AWS looks at the token before it looks for the secret.
      const id = requireToken(input.ClientRequestToken)
      const value = requestedValue(input)
      const secret = findLiveSecret(service, input.SecretId)
      if (value === undefined) throw invalidRequest('You must provide either SecretString or SecretBinary.')
      if (input.RotationToken !== undefined && input.RotationToken !== secret.rotation?.rotationToken) {
        throw invalidRequest('The RotationToken is not the one of the rotation that is in progress.')
      }
      store(service, secret, id, value, input.VersionStages ?? [versions.current])
      const version = secret.versions.get(id)
      return { ...identity(secret), VersionId: id, VersionStages: version && versions.sortedLabels(version) }
    },
  ),

  UpdateSecret: operation(
    {
      SecretId: secretId,
      ClientRequestToken: token,
      ...valueShape,
      Description: description,
      KmsKeyId: kmsKeyId,
      Type: optional(text({ max: 256 })),
    },
    (service, input) => {
      const value = requestedValue(input)
      const id = value === undefined ? '' : requireToken(input.ClientRequestToken)
      const secret = findLiveSecret(service, input.SecretId)
      // Another value under a token that is in use is refused before anything is changed; the same value is no new version.
      const isNew = value !== undefined && versions.versionToWrite(secret, id, value) !== undefined
      secret.description = input.Description ?? secret.description
      secret.kmsKeyId = input.KmsKeyId ?? secret.kmsKeyId
      secret.type = input.Type ?? secret.type
      if (isNew) store(service, secret, id, value, [versions.current])
      else changed(service, secret)
      return { ...identity(secret), VersionId: value === undefined ? undefined : id }
    },
  ),

  GetSecretValue: operation(
    { SecretId: secretId, VersionId: optional(versionId), VersionStage: optional(stage) },
    (service, { SecretId, VersionId, VersionStage }) =>
      readValue(service, findLiveSecret(service, SecretId), VersionId, VersionStage),
  ),

  UpdateSecretVersionStage: operation(
    {
      SecretId: secretId,
      VersionStage: stage,
      RemoveFromVersionId: optional(versionId),
      MoveToVersionId: optional(versionId),
    },
    (service, { SecretId, VersionStage: label, RemoveFromVersionId, MoveToVersionId }) => {
      const secret = findLiveSecret(service, SecretId)
      versions.checkMove(secret, label, RemoveFromVersionId, MoveToVersionId)
      // A placeholder does not exist for this operation, so that an empty version never becomes AWSCURRENT.
      const to = MoveToVersionId && versions.versionToRead(secret.versions, MoveToVersionId, undefined).id
      if (to !== undefined) versions.checkLabelCount(secret, [label])
      versions.moveLabel(service, secret, label, secret.versions.get(to ?? ''))
      afterMove(service, secret, label)
      changed(service, secret)
      return identity(secret)
    },
  ),
}

/**
 * Called when a label has moved. AWSPENDING stays beside AWSCURRENT: the service takes it off when the function has ended, and
 * a function that takes it off by itself finds it there. A held rotation has succeeded with AWSCURRENT, since nobody knows what
 * is invoked after that; a rotation whose last retry is over is forgotten. AWSPENDING that is taken off before that, by hand,
 * clears a stuck rotation.
 */
function afterMove(service: Service, secret: Secret, label: string) {
  const { rotation } = secret
  if (rotation === undefined) return
  const { token: id, state } = rotation
  const promoted = versions.versionWith(secret, versions.current)?.id === id
  if (promoted && state === 'held') succeed(service, secret, rotation)
  else if (promoted && state === 'stuck') dropRotation(secret)
  else if (!promoted && label === versions.pending && versions.lonePending(secret)?.id !== id) dropRotation(secret)
}

/** Also notes the access: AWS keeps the day, not the time. */
export function readValue(service: Service, secret: Secret, id: string | undefined, label: string | undefined) {
  const found = versions.versionToRead(visibleVersions(secret), id, label)
  const day = 24 * 60 * 60 * 1000
  secret.accessedAt = Math.floor(service.clock.now() / day) * day
  const version = secret.versions.get(found.id)
  if (version !== undefined) version.accessedAt = secret.accessedAt
  const { value } = found
  return {
    ...identity(secret),
    VersionId: found.id,
    ...('string' in value ? { SecretString: value.string } : { SecretBinary: value.binary }),
    VersionStages: versions.sortedLabels(found),
    CreatedDate: seconds(found.createdAt),
  }
}
