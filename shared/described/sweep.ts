import { ours, say } from '../errors/words.ts'
import { parseJsonObject } from '../json-secret.ts'
import type { EarlierVersions } from '../rotation/secret-type.ts'
import type { Kind } from './kind.ts'
import { type KeyList, listKeys } from './list.ts'
import { isMarked, markOf, timeOfMarker } from './marker.ts'
import type { Run } from './run.ts'
import { type DescribedSecret, parseDescribedSecret } from './secret.ts'

/** Which keys the labelled versions name; AWSPREVIOUS is none of them. */
interface InUse {
  readonly ids: ReadonlySet<string>
  readonly values: ReadonlySet<string>
  /** Whether some version has a key of which nobody knows the id: then any key may be it. */
  readonly isOpen: boolean
}

type Versions = Pick<EarlierVersions<DescribedSecret>, 'current' | 'previous' | 'labelledByOthers'>

/**
 * Revokes AWSPREVIOUS's credential, and those that were minted for this secret and are in no version. AWSPREVIOUS is read
 * only where the list does not show by itself which keys have had their time.
 * @param pending holds the value that is about to be told to the provider, where it is a stored one
 * @returns the ids of those that were left, since another run may be about to store them
 */
export async function sweep(versions: Versions, run: Run, pending?: DescribedSecret): Promise<readonly string[]> {
  const { revokeFirst, context, kind } = run
  const { oldestRun } = context
  // Where the provider ends a key by itself, nothing is left over.
  if (run.provider.description.revoke === undefined) return []
  const inUse = await usedKeys(versions, pending, kind)
  const found = await listKeys(run)
  const marked = found.keys.flatMap(({ id, name }) => {
    const time = timeOfMarker(name, context.secretId)
    // A key that we have named ourselves may be known by its name.
    return time === undefined || inUse.ids.has(id) || inUse.ids.has(name) ? [] : [{ id, name, time }]
  })
  const isPlain = found.isWhole && marked.length > 0 && marked.every(({ time }) => time <= oldestRun)
  const previous = isPlain && !revokeFirst && !inUse.isOpen ? undefined : await versions.previous()
  await revokePrevious(previous, inUse, found, run)
  const young: string[] = []
  for (const { id, name, time } of marked) {
    if (id === previous?.id || name === previous?.id) continue
    if (inUse.isOpen) {
      const why = say`a version has a ${kind.noun} without "${ours(kind.id)}", which may be this one`
      context.did(say`left the ${kind.noun} ${id} alone: ${why}`)
    } else if (time > oldestRun) {
      // Another run may be about to store it.
      context.did(say`left the ${kind.noun} ${id} alone, which was made a moment ago`)
      young.push(id)
    } else await revoke(id, run)
  }
  return young
}

async function usedKeys(versions: Versions, pending: DescribedSecret | undefined, kind: Kind): Promise<InUse> {
  const others = (await versions.labelledByOthers()).map((text) => keyIn(text, kind))
  const secrets = [await versions.current(), ...(pending === undefined ? [] : [pending]), ...others]
  return {
    ids: new Set(secrets.flatMap(({ id }) => id ?? [])),
    values: new Set(secrets.flatMap(({ value }) => value ?? [])),
    isOpen: secrets.some(({ value, id }) => value !== undefined && id === undefined),
  }
}

/** A version of another shape is taken at its word: what it names as an id is spared. */
function keyIn(text: string, kind: Kind): Pick<DescribedSecret, 'value' | 'id'> {
  try {
    return parseDescribedSecret(text, kind)
  } catch {
    const id = idOf(text, kind)
    return { value: id === undefined ? text : undefined, id }
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
): Promise<void> {
  const { context, kind, revokeFirst } = run
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
  const { noun, id: field } = run.kind
  const documents = { key: { [field]: id } }
  await run.manage(request, say`revoke the ${noun} ${id}`, { documents, known: request.gone })
  run.context.did(say`revoked the ${noun} ${id}`)
}
