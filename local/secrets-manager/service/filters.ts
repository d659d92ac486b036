import { region } from './names.ts'
import type { Secret } from './store.ts'

export interface Filter {
  readonly Key: 'description' | 'name' | 'tag-key' | 'tag-value' | 'primary-region' | 'owning-service' | 'all'
  readonly Values: readonly string[]
}

/**
 * Says whether a secret passes every filter (API reference, Filter). One value of a filter is enough; `!` before a
 * value turns it round. Prefixes of the whole attribute, case-sensitive; but `description` and `all` look for every
 * word of the value at the start of some word, whatever its case: that is what AWS does with a description, too.
 */
export function matchesFilters(secret: Secret, filters: readonly Filter[]): boolean {
  return filters.every(({ Key, Values }) => {
    const attributes = attributesFor(secret, Key)
    const match = Key === 'description' || Key === 'all' ? matchesWords : matchesPrefix
    const wanted = Values.filter((value) => !value.startsWith('!'))
    const unwanted = Values.filter((value) => value.startsWith('!')).map((value) => value.slice(1))
    const some = wanted.some((value) => match(attributes, value))
    return some || unwanted.some((value) => !match(attributes, value))
  })
}

function attributesFor({ name, description = '', tags }: Secret, key: Filter['Key']): string[] {
  const attributes = {
    name: [name],
    description: [description],
    'tag-key': [...(tags?.keys() ?? [])],
    'tag-value': [...(tags?.values() ?? [])],
    // Only replicated secrets have a primary Region, and only secrets of other services an owner.
    'primary-region': [],
    'owning-service': [],
  }
  return key === 'all' ? [...Object.values(attributes).flat(), region] : attributes[key]
}

function matchesPrefix(attributes: readonly string[], value: string): boolean {
  return attributes.some((attribute) => attribute.startsWith(value))
}

function matchesWords(attributes: readonly string[], value: string): boolean {
  const words = attributes.flatMap(wordsOf)
  return wordsOf(value).every((wanted) => words.some((word) => word.startsWith(wanted)))
}

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[\s/_+=.@-]+/)
    .filter((word) => word !== '')
}
