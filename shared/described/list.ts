import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import { at } from '../http/pointer.ts'
import { textOrDigits } from '../json-secret.ts'
import type { Description, Pages } from './description.ts'
import { purposes, type Run } from './run.ts'

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
 * @throws RotationError as a request does; AnswerUnusable where there is no list in the answer
 */
export async function listKeys(list: NonNullable<Description['list']>, run: Run): Promise<KeyList> {
  const { title } = run.provider.description
  const keys: ListedKey[] = []
  let cursor = firstOf(list.pages)
  for (let page = 1; page <= mostPages; page++) {
    const query = cursor === undefined ? list.query : { ...list.query, [list.pages?.query ?? '']: cursor }
    const answer = await run.manageWell(query === undefined ? list : { ...list, query }, purposes(run.kind).list)
    const items = at(answer.body, list.items)
    if (!Array.isArray(items)) {
      throw new RotationError(
        'AnswerUnusable',
        say`The list of ${run.kind.noun}s of ${title} has no list at "${list.items}".`,
        {
          likely: say`The provider has changed its answers, or something else answers in its place.`,
        },
      )
    }
    keys.push(...items.flatMap((item: unknown) => keyIn(item, list)))
    cursor = list.pages === undefined ? undefined : nextOf(list.pages, answer.body, items, cursor)
    if (cursor === undefined) return { keys, isWhole: true }
  }
  run.context.did(say`looked at the first ${mostPages} pages of the ${run.kind.noun}s of ${title}; there are more`)
  return { keys, isWhole: false }
}

/** An item without an id or a name is none that a function has made. */
function keyIn(item: unknown, { id, marker }: { readonly id: string; readonly marker: string }): ListedKey[] {
  const found = textOrDigits(at(item, id))
  const name = at(item, marker)
  return found === undefined ? [] : [{ id: found, name: typeof name === 'string' ? name : '' }]
}

function firstOf(pages: Pages | undefined): string | undefined {
  if (pages?.by === 'number') return String(pages.first ?? 1)
  return undefined
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
