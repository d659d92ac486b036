import type { Secret } from './store.ts'

export interface Filter {
  readonly Key: 'description' | 'name' | 'tag-key' | 'tag-value' | 'primary-region' | 'owning-service' | 'all'
  readonly Values: readonly string[]
}

/**
 * Says whether a secret passes every filter (API reference, Filter). One value of a filter is enough; `!` before a
 * value turns it round. Prefixes of the whole attribute, case-sensitive; but `description` and `all` look for every
 * word of the value at the start of some word of one attribute, whatever its case: that is what AWS does with a
 * description, too.
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
  return key === 'all' ? Object.values(attributes).flat() : attributes[key]
}

function matchesPrefix(attributes: readonly string[], value: string): boolean {
  return attributes.some((attribute) => attribute.startsWith(value))
}

function matchesWords(attributes: readonly string[], value: string): boolean {
  const wanted = wordsOf(value)
  if (wanted.length === 0) return false
  return attributes.map(wordsOf).some((words) => wanted.every((start) => words.some((word) => word.startsWith(start))))
}

/**
 * A text is split at its marks and before its capitals, COMPANYthings into compan and ythings; a text with two kinds of
 * marks, my/own-secret, is one word (the tests of moto, which were run on AWS, say so; the documentation says nothing).
 */
function wordsOf(text: string): string[] {
  const marks = new Set(text.match(/[/_+=.@-]/g))
  if (marks.size > 1) return [text.toLowerCase()]
  return text
    .split(/[/_+=.@-]/)
    .flatMap((part) => part.split(/([^a-z][a-z]+)/))
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== '')
}
