import { say } from '../../shared/errors/words.ts'
import { parseJsonObject } from '../../shared/json-secret.ts'
import type { EarlierVersions } from '../../shared/rotation/secret-type.ts'
import { expectAnswer } from './call.ts'
import { type KeyList, listKeys } from './list.ts'
import { isMarked, markOf, timeOfMarker } from './marker.ts'
import { purposes, type Run } from './run.ts'
import { type ApiKeySecret, parseApiKeySecret } from './secret.ts'

/** Which keys the labelled versions name; AWSPREVIOUS is none of them. */
interface InUse {
  readonly ids: ReadonlySet<string>
  readonly values: ReadonlySet<string>
  /** Whether some version has a key of which nobody knows the id: then any key may be it. */
  readonly isOpen: boolean
}

/** Revokes AWSPREVIOUS's key, and keys that were minted for this secret and are in no version. */
export async function sweep(
  versions: EarlierVersions<ApiKeySecret>,
  run: Run,
  { revokeFirst, oldest }: { readonly revokeFirst: boolean; readonly oldest: number },
): Promise<void> {
  const { list, revoke: revocation } = run.provider.description
  // Where the provider ends a key by itself, nothing is left over.
  if (revocation === undefined) return
  const [previous, inUse] = await Promise.all([versions.previous(), usedKeys(versions)])
  const found: KeyList = list === undefined ? { keys: [], isWhole: false } : await listKeys(list, run)
  const spared = (id: string) => inUse.ids.has(id)
  await revokePrevious(previous, inUse, found, run, revokeFirst)
  for (const { id, name } of found.keys) {
    const time = timeOfMarker(name, run.context.secretId)
    if (time === undefined || spared(id) || id === previous?.keyId) continue
    if (inUse.isOpen)
      run.context.did(say`left the key ${id} alone: a version has a key without "key_id", which may be this one`)
    // Another run may be about to store it.
    else if (time > oldest) run.context.did(say`left the key ${id} alone, which was made a moment ago`)
    else await revoke(id, run)
  }
}

async function usedKeys({ current, labelledByOthers }: EarlierVersions<ApiKeySecret>): Promise<InUse> {
  const others = (await labelledByOthers()).flatMap(readable)
  const secrets = [await current(), ...others]
  return {
    ids: new Set(secrets.flatMap(({ keyId }) => keyId ?? [])),
    values: new Set(secrets.flatMap(({ apiKey }) => apiKey ?? [])),
    isOpen: secrets.some(({ apiKey, keyId }) => apiKey !== undefined && keyId === undefined),
  }
}

/** A version of another shape is taken at its word: what it names as an id is spared. */
function readable(text: string): Pick<ApiKeySecret, 'apiKey' | 'keyId'>[] {
  try {
    return [parseApiKeySecret(text)]
  } catch {
    const id = idOf(text)
    return [{ apiKey: id === undefined ? text : undefined, keyId: id }]
  }
}

function idOf(text: string): string | undefined {
  try {
    const { key_id: id } = parseJsonObject(text)
    return typeof id === 'string' ? id : undefined
  } catch {
    return undefined
  }
}

/** The grace of the key before the last one is over. Only what is provably ours is taken away. */
async function revokePrevious(
  previous: ApiKeySecret | undefined,
  inUse: InUse,
  { keys, isWhole }: KeyList,
  run: Run,
  revokeFirst: boolean,
): Promise<void> {
  const { context } = run
  const id = previous?.keyId
  if (previous?.apiKey === undefined) return
  if (inUse.values.has(previous.apiKey) || (id !== undefined && inUse.ids.has(id))) return
  if (id === undefined)
    return context.did(say`left the key of AWSPREVIOUS alone: it has no "key_id"; revoke it by hand`)
  const name = keys.find((key) => key.id === id)?.name ?? (isMarked(id) ? id : undefined)
  if (name === undefined && isWhole) return
  if (name?.startsWith(markOf(context.secretId))) return revoke(id, run)
  if (name !== undefined && isMarked(name)) {
    return context.did(say`left the key ${id} of AWSPREVIOUS alone: it was made for another secret`)
  }
  if (revokeFirst && name !== undefined) return revoke(id, run)
  context.did(say`left the key ${id} of AWSPREVIOUS alone, which no function has made; revoke it by hand`)
}

/** Revokes one key, if the provider can; one that is gone already is no error. */
export async function revoke(id: string, run: Run): Promise<void> {
  const { revoke: request } = run.provider.description
  if (request === undefined) return
  const purpose = purposes.revoke(id)
  const answer = await run.manage(request, purpose, { documents: { key: { key_id: id } } })
  if (!request.gone.includes(answer.status)) expectAnswer(answer, request, { purpose }, run.provider)
  run.context.did(say`revoked the key ${id}`)
}
