import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import { at } from '../http/pointer.ts'
import { textOrDigits } from '../json-secret.ts'
import type { Pages } from './description.ts'
import type { Run } from './run.ts'

/** An account with more keys than that is not looked through to the end. */
const mostPages = 20

/** A key as the provider lists it. */
export interface ListedKey {
  readonly id: string
  /** What stands where new keys have their marker. */
  readonly name: string
}

export interface KeyList {
  readonly keys: readonly ListedKey[]
  /** Whether these are all. */
  readonly isWhole: boolean
}

/**
 * The keys that the provider has. Pages are asked for by a value in the query: no URL that an answer holds is followed.
 * @returns an empty list that is not whole where the provider lists no keys
 * @throws RotationError as a request does; AnswerUnusable where there is no list in the answer
 */
export async function listKeys({ provider, kind: { noun }, context, manage }: Run): Promise<KeyList> {
  const { title, list } = provider.description
  const keys: ListedKey[] = []
  if (list === undefined) return { keys, isWhole: false }
  let cursor = list.pages?.by === 'number' ? String(list.pages.first ?? 1) : undefined
  for (let page = 1; page <= mostPages; page++) {
    const query = cursor === undefined ? list.query : { ...list.query, [list.pages?.query ?? '']: cursor }
    const { body } = await manage({ ...list, query }, say`list its ${noun}s`)
    const items = at(body, list.items)
    if (!Array.isArray(items)) {
      throw new RotationError('AnswerUnusable', say`The list of ${noun}s of ${title} has no list at "${list.items}".`, {
        likely: say`The provider has changed its answers, or something else answers in its place.`,
      })
    }
    keys.push(...items.flatMap((item: unknown) => keyIn(item, list)))
    cursor = list.pages === undefined ? undefined : nextOf(list.pages, body, items, cursor)
    if (cursor === undefined) return { keys, isWhole: true }
  }
  context.did(say`looked at the first ${mostPages} pages of the ${noun}s of ${title}; there are more`)
  return { keys, isWhole: false }
}

/** An item without an id or a name is none that a function has made. */
function keyIn(item: unknown, { id, marker }: { readonly id: string; readonly marker: string }): ListedKey[] {
  const found = textOrDigits(at(item, id))
  const name = at(item, marker)
  return found === undefined ? [] : [{ id: found, name: typeof name === 'string' ? name : '' }]
}

/** @returns what the next page is asked for by; undefined after the last one */
function nextOf(
  { by, pointer = '', size }: Pages,
  body: unknown,
  items: readonly unknown[],
  cursor: string | undefined,
): string | undefined {
  if (by === 'cursor') return textOrDigits(at(body, pointer))
  if (items.length === 0 || (size !== undefined && items.length < size)) return undefined
  if (by === 'last') return textOrDigits(at(items.at(-1), pointer))
  return String(Number(cursor ?? 0) + (by === 'number' ? 1 : items.length))
}
