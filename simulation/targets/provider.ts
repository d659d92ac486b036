import type { Target } from '../world/target.ts'

/** A key as the provider keeps it. */
export interface Key {
  readonly id: string
  readonly value: string
  /** What whoever made it has written on it. */
  readonly marker: string
  readonly created: number
}

/** A provider that mints keys, shows each once, and lists and revokes them. */
export interface Provider extends Target {
  /** @param again whether this run has minted one before. @throws Error where there is no slot left */
  mint(marker: string, now: number, again: boolean): Key
  list(): readonly Key[]
  /** @returns false where there is no such key any more */
  revoke(id: string, labelled: readonly string[]): boolean
  isAlive(value: string): boolean
}

export interface KeySecret {
  readonly api_key: string
  readonly key_id: string
}

export const keyOf = (value: string) => JSON.parse(value) as KeySecret

/** @param slots how many keys there can be at a time */
export function provider(slots: number, now = 0): Provider {
  return from(slots, [{ id: 'key0', value: 'value0', marker: 'by hand', created: now }], 1, [], new Set())
}

function from(
  slots: number,
  keys: readonly Key[],
  minted: number,
  times: readonly number[],
  broken: ReadonlySet<string>,
): Provider {
  let state = { keys, minted, times, broken }
  return {
    get broken() {
      return state.broken
    },
    state: () => JSON.stringify([state.keys, state.minted, state.times, [...state.broken]]),
    copy: () => from(slots, state.keys, state.minted, state.times, state.broken),
    works: (value) => state.keys.some((key) => key.value === keyOf(value).api_key),
    isAlive: (value) => state.keys.some((key) => key.value === value),
    list: () => state.keys,
    mint(marker, time, again) {
      if (state.keys.length >= slots) throw new Error('LimitExceeded')
      const number = state.minted
      const key = { id: `key${number}`, value: `value${number}`, marker, created: time }
      const runs = again ? state.times : [...state.times, time].slice(-6)
      state = { ...state, keys: [...state.keys, key], minted: number + 1, times: runs }
      return key
    },
    revoke(id, labelled) {
      if (!state.keys.some((key) => key.id === id)) return false
      const wrong = labelled.some((value) => keyOf(value).key_id === id)
      const after = wrong ? new Set([...state.broken, 'no-labelled-one-revoked']) : state.broken
      state = { ...state, keys: state.keys.filter((key) => key.id !== id), broken: after }
      return true
    },
    unlabelled: (values) => state.keys.filter(({ id }) => !values.some((value) => keyOf(value).key_id === id)).length,
    mintedSince: (time) => state.times.filter((minted) => minted >= time).length,
    mended(value) {
      // Two slots are too few for a key that nobody names.
      if (state.keys.length >= slots)
        state = { ...state, keys: state.keys.filter(({ id }) => id === keyOf(value).key_id) }
      const key = state.keys.find(({ id }) => id === keyOf(value).key_id) ?? state.keys.at(-1)
      return JSON.stringify({ ...keyOf(value), api_key: key?.value, key_id: key?.id })
    },
    acts: {
      password: {
        story: 'somebody revokes the oldest key at the provider',
        act: () => {
          state = { ...state, keys: state.keys.slice(1) }
        },
      },
    },
  }
}
