import { type Operation, operation, secretId } from './operation.ts'
import { findSecret, identity, nextWindow, type Secret, type Service, seconds, visibleVersions } from './store.ts'
import { labelledVersions } from './versions.ts'

const day = 24 * 60 * 60 * 1000
const date = (ms: number | undefined) => (ms === undefined ? undefined : seconds(ms))

/**
 * What DescribeSecret and ListSecrets have in common (API reference, DescribeSecret). Fields without a value are
 * undefined, which leaves them out of the JSON. NextRotationDate is the end of the window: "on or before".
 */
export function describe(service: Service, secret: Secret) {
  const { configuration, tags } = secret
  return {
    ...identity(secret),
    Type: secret.type,
    Description: secret.description || undefined,
    KmsKeyId: secret.kmsKeyId || undefined,
    RotationEnabled: configuration?.enabled,
    RotationLambdaARN: configuration?.functionArn,
    RotationRules: rotationRules(service, secret),
    LastRotatedDate: date(secret.lastRotatedAt),
    LastChangedDate: date(secret.changedAt),
    LastAccessedDate: date(secret.accessedAt),
    DeletedDate: date(secret.deletion?.at),
    NextRotationDate: date(secret.nextWindow?.closes),
    Tags: tags && [...tags].map(([Key, Value]) => ({ Key, Value })),
    CreatedDate: date(secret.createdAt),
  }
}

/** For an expression, AWS calculates AutomaticallyAfterDays after every successful rotation. */
function rotationRules(service: Service, secret: Secret) {
  const { configuration, lastRotatedAt } = secret
  const rules = configuration?.schedule?.rules
  if (rules?.ScheduleExpression === undefined || lastRotatedAt === undefined) return rules
  const opens = nextWindow(service, secret, lastRotatedAt)?.opens
  if (opens === undefined) return rules
  return { ...rules, AutomaticallyAfterDays: Math.max(Math.round((opens - lastRotatedAt) / day), 1) }
}

export const describeOperation: Record<string, Operation> = {
  DescribeSecret: operation({ SecretId: secretId }, (service, { SecretId }) => {
    const secret = findSecret(service, SecretId)
    return { ...describe(service, secret), VersionIdsToStages: labelledVersions(visibleVersions(secret)) }
  }),
}
