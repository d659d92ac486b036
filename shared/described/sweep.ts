import { ours, say } from '../errors/words.ts'
import { parseJsonObject } from '../json-secret.ts'
import type { EarlierVersions } from '../rotation/secret-type.ts'
import { expectAnswer } from './call.ts'
import type { Kind } from './kind.ts'
import { type KeyList, listKeys } from './list.ts'
import { isMarked, markOf, timeOfMarker } from './marker.ts'
import { purposes, type Run } from './run.ts'
import { type DescribedSecret, parseDescribedSecret } from './secret.ts'

/** Which keys the labelled versions name; AWSPREVIOUS is none of them. */
interface InUse {
  readonly ids: ReadonlySet<string>
  readonly values: ReadonlySet<string>
  /** Whether some version has a key of which nobody knows the id: then any key may be it. */
  readonly isOpen: boolean
}

/** What there is to know before credentials are taken away. */
export interface Sweeping {
  readonly versions: Pick<EarlierVersions<DescribedSecret>, 'current' | 'previous' | 'labelledByOthers'>
  /** The value that is about to be told to the provider, where it is a stored one. */
  readonly pending?: DescribedSecret
  readonly revokeFirst: boolean
  /** What was minted before was minted by no run that is about to store it. */
  readonly oldest: number
}

/**
 * Revokes AWSPREVIOUS's credential, and those that were minted for this secret and are in no version. AWSPREVIOUS is read
 * only where the list does not show as well that one has had its time.
 * @returns the ids of those that were left, since another run may be about to store them
 */
export async function sweep(sweeping: Sweeping, run: Run): Promise<readonly string[]> {
  const { list, revoke: revocation } = run.provider.description
  const { noun, id: idField } = run.kind
  // Where the provider ends a key by itself, nothing is left over.
  if (revocation === undefined) return []
  const { versions, oldest, revokeFirst } = sweeping
  const inUse = await usedKeys(sweeping, run.kind)
  const found: KeyList = list === undefined ? { keys: [], isWhole: false } : await listKeys(list, run)
  const marked = found.keys.flatMap(({ id, name }) => {
    const time = timeOfMarker(name, run.context.secretId)
    // A key that we have named ourselves may be known by its name.
    return time === undefined || inUse.ids.has(id) || inUse.ids.has(name) ? [] : [{ id, name, time }]
  })
  const isPlain = found.isWhole && marked.length > 0 && marked.every(({ time }) => time <= oldest)
  const previous = isPlain && !revokeFirst && !inUse.isOpen ? undefined : await versions.previous()
  await revokePrevious(previous, inUse, found, run, revokeFirst)
  const young: string[] = []
  for (const { id, name, time } of marked) {
    if (id === previous?.id || name === previous?.id) continue
    if (inUse.isOpen)
      run.context.did(
        say`left the ${noun} ${id} alone: a version has a ${noun} without "${ours(idField)}", which may be this one`,
      )
    // Another run may be about to store it.
    else if (time > oldest) {
      run.context.did(say`left the ${noun} ${id} alone, which was made a moment ago`)
      young.push(id)
    } else await revoke(id, run)
  }
  return young
}

async function usedKeys({ versions, pending }: Sweeping, kind: Kind): Promise<InUse> {
  const others = (await versions.labelledByOthers()).flatMap((text) => readable(text, kind))
  const secrets = [await versions.current(), ...(pending === undefined ? [] : [pending]), ...others]
  return {
    ids: new Set(secrets.flatMap(({ id }) => id ?? [])),
    values: new Set(secrets.flatMap(({ value }) => value ?? [])),
    isOpen: secrets.some(({ value, id }) => value !== undefined && id === undefined),
  }
}

/** A version of another shape is taken at its word: what it names as an id is spared. */
function readable(text: string, kind: Kind): Pick<DescribedSecret, 'value' | 'id'>[] {
  try {
    return [parseDescribedSecret(text, kind)]
  } catch {
    const id = idOf(text, kind)
    return [{ value: id === undefined ? text : undefined, id }]
  }
}

function idOf(text: string, kind: Kind): string | undefined {
  try {
    const id = parseJsonObject(text)[kind.id]
    return typeof id === 'string' ? id : undefined
  } catch {
    return undefined
  }
}

/** The grace of the key before the last one is over. Only what is provably ours is taken away. */
async function revokePrevious(
  previous: DescribedSecret | undefined,
  inUse: InUse,
  { keys, isWhole }: KeyList,
  run: Run,
  revokeFirst: boolean,
): Promise<void> {
  const { context, kind } = run
  const { noun } = kind
  const id = previous?.id
  if (previous?.value === undefined) return
  if (inUse.values.has(previous.value) || (id !== undefined && inUse.ids.has(id))) return
  if (id === undefined)
    return context.did(say`left the ${noun} of AWSPREVIOUS alone: it has no "${ours(kind.id)}"; revoke it by hand`)
  const name = keys.find((key) => key.id === id)?.name ?? (isMarked(id) ? id : undefined)
  if (name === undefined && isWhole) return
  if (name?.startsWith(markOf(context.secretId))) return revoke(id, run)
  if (name !== undefined && isMarked(name)) {
    return context.did(say`left the ${noun} ${id} of AWSPREVIOUS alone: it was made for another secret`)
  }
  if (revokeFirst && name !== undefined) return revoke(id, run)
  const why = name === undefined ? say`it is not on the pages that were looked at` : say`no function has made it`
  context.did(say`left the ${noun} ${id} of AWSPREVIOUS alone: ${why}; revoke it by hand`)
}

/** Revokes one credential, if the provider can; one that is gone already is no error. */
export async function revoke(id: string, run: Run): Promise<void> {
  const { revoke: request } = run.provider.description
  if (request === undefined) return
  const purpose = purposes(run.kind).revoke(id)
  const answer = await run.manage(request, purpose, { documents: { key: { [run.kind.id]: id } } })
  if (!request.gone.includes(answer.status)) expectAnswer(answer, request, { purpose }, run.provider)
  run.context.did(say`revoked the ${run.kind.noun} ${id}`)
}
