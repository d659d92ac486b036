import { describe } from './descriptions.ts'
import { invalidParameter, isServiceError } from './errors.ts'
import { type Filter, matchesFilters } from './filters.ts'
import { flag, integer, list, oneOf, optional, type Reader, record, text } from './input.ts'
import { nextToken, type Operation, operation, secretId } from './operation.ts'
import { page } from './paging.ts'
import { findLiveSecret, findSecret, identity, type Secret, type Service, seconds, visibleVersions } from './store.ts'
import { readValue } from './values.ts'
import { labelledVersions, sortedLabels } from './versions.ts'

const keys = ['description', 'name', 'tag-key', 'tag-value', 'primary-region', 'owning-service', 'all'] as const
const filterValue = text({ max: 512, pattern: /^!?[a-zA-Z0-9 :_@/+=.\-!]*$/ })
const filter = record({ Key: optional(oneOf(keys)), Values: optional(list(filterValue, { min: 1, max: 10 })) })
const filters: Reader<readonly Filter[] | undefined> = (value, at) =>
  optional(list(filter, { max: 10 }))(value, at)?.map(whole)

/** The service model requires neither member, but the service wants both. */
function whole({ Key, Values }: ReturnType<typeof filter>): Filter {
  if (Key === undefined) throw invalidParameter('Invalid filter key')
  if (Values === undefined) throw invalidParameter(`Invalid filter values for key: ${Key}`)
  return { Key, Values }
}

const sortKeys = {
  'created-date': ({ createdAt }: Secret) => createdAt,
  'last-accessed-date': ({ accessedAt }: Secret) => accessedAt ?? 0,
  'last-changed-date': ({ changedAt }: Secret) => changedAt,
  name: ({ name }: Secret) => name,
}

const listShape = {
  MaxResults: optional(integer({ min: 1, max: 100 })),
  NextToken: nextToken,
  Filters: filters,
  IncludePlannedDeletion: optional(flag),
  SortBy: optional(oneOf(Object.keys(sortKeys) as (keyof typeof sortKeys)[])),
  SortOrder: optional(oneOf(['asc', 'desc'])),
}

function search(service: Service, wanted: readonly Filter[] | undefined, deletedToo: boolean): Secret[] {
  const all = [...service.secrets.values()].filter(({ deletion }) => deletedToo || deletion === undefined)
  return all.filter((secret) => matchesFilters(secret, wanted ?? []))
}

/** API reference, ListSecrets, ListSecretVersionIds and BatchGetSecretValue. */
export const listOperations: Record<string, Operation> = {
  ListSecrets: operation(listShape, (service, input) => {
    const found = search(service, input.Filters, input.IncludePlannedDeletion === true)
    const key = sortKeys[input.SortBy ?? 'created-date']
    // The sort is stable: secrets of the same millisecond stay in the order of their creation.
    found.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
    if (input.SortOrder === 'desc') found.reverse()
    const { items, NextToken } = page(found, ({ arn }) => arn, input.MaxResults ?? 100, input.NextToken)
    const SecretList = items.map((secret) => {
      const SecretVersionsToStages = labelledVersions(visibleVersions(secret))
      return { ...describe(service, secret), SecretVersionsToStages }
    })
    return { SecretList, NextToken }
  }),

  ListSecretVersionIds: operation(
    {
      SecretId: secretId,
      MaxResults: optional(integer({ min: 1, max: 100 })),
      NextToken: nextToken,
      IncludeDeprecated: optional(flag),
    },
    (service, input) => {
      const secret = findSecret(service, input.SecretId)
      const all = [...visibleVersions(secret).values()]
      const found = all.filter(({ stages }) => input.IncludeDeprecated === true || stages.size > 0)
      const { items, NextToken } = page(found, ({ id }) => id, input.MaxResults ?? 100, input.NextToken)
      const Versions = items.map((version) => ({
        VersionId: version.id,
        VersionStages: version.stages.size > 0 ? sortedLabels(version) : undefined,
        LastAccessedDate: version.accessedAt === undefined ? undefined : seconds(version.accessedAt),
        CreatedDate: seconds(version.createdAt),
        KmsKeyIds: [version.kmsKeyId || 'DefaultEncryptionKey'],
      }))
      return { ...identity(secret), Versions, NextToken }
    },
  ),

  BatchGetSecretValue: operation(
    {
      SecretIdList: optional(list(secretId, { min: 1, max: 20 })),
      Filters: filters,
      MaxResults: optional(integer({ min: 1, max: 20 })),
      NextToken: nextToken,
    },
    (service, input) => {
      const { SecretIdList: ids, Filters, MaxResults } = input
      if ((ids === undefined) === (Filters === undefined)) {
        throw invalidParameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.")
      }
      if (ids !== undefined && MaxResults !== undefined) {
        const what = "'Filters' must also be specified when 'MaxResults' is provided."
        throw invalidParameter(`'Filters' not specified. ${what}`)
      }
      const wanted = ids ?? search(service, Filters, false).map(({ arn }) => arn)
      const { items, NextToken } = page(wanted, (id) => id, MaxResults ?? 20, input.NextToken)
      const results = items.map((id) => readOne(service, id))
      const SecretValues = results.flatMap(({ value }) => value ?? [])
      return { SecretValues, NextToken, Errors: results.flatMap(({ error }) => error ?? []) }
    },
  ),
}

function readOne(service: Service, SecretId: string) {
  try {
    return { value: readValue(service, findLiveSecret(service, SecretId), undefined, undefined) }
  } catch (error) {
    if (!isServiceError(error)) throw error
    return { error: { SecretId, ErrorCode: error.type, Message: error.message } }
  }
}
