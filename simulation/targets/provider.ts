import type { Target } from '../world/target.ts'

/** A key as its provider keeps it. */
export interface Key {
  readonly id: string
  readonly value: string
  /** The text on the key by which its maker marks it; empty where keys have no such text. */
  readonly marker: string
  readonly created: number
  readonly isActive: boolean
}

/** The form of a provider's keys, and how a secret holds one. */
export interface KeyForm {
  /** How many keys there can be at a time. */
  readonly slots: number
  /** The key with a number: keys are numbered in the order in which they are made, by hand or by a function. */
  key(number: number): Pick<Key, 'id' | 'value'>
  read(text: string): Pick<Key, 'id' | 'value'>
  /** The SecretString with another key. */
  write(text: string, key: Pick<Key, 'id' | 'value'>): string
  /** Whether a function has made a key. All others are for persons to remove. */
  isOurs(key: Key): boolean
}

/** A provider of keys: it mints keys, shows the value of each once, and lists and revokes them. */
export interface Provider extends Target {
  readonly form: KeyForm
  readonly keys: readonly Key[]
  /**
   * @param again whether this run has minted a key before
   * @param chosen the key, where the caller chooses it
   * @returns the new key; undefined where there is no slot left
   */
  mint(marker: string, now: number, again: boolean, chosen?: Pick<Key, 'id' | 'value'>): Key | undefined
  change(id: string, change: Partial<Key>): void
  /** @returns false where there is no such key any more */
  revoke(id: string, labelled: readonly string[]): boolean
}

interface State {
  readonly keys: readonly Key[]
  readonly minted: number
  readonly times: readonly number[]
  readonly broken: ReadonlySet<string>
}

export function provider(form: KeyForm): Provider {
  return from(form, { keys: [newKey(form, 0, 'by hand', 0)], minted: 1, times: [], broken: new Set() })
}

function newKey(form: KeyForm, number: number, marker: string, created: number): Key {
  return { ...form.key(number), marker, created, isActive: true }
}

function from(form: KeyForm, before: State): Provider {
  let state = before
  const named = (values: readonly string[]) => values.map((value) => form.read(value).id)
  /** Makes a key as an operator does, who first removes keys that are not in use. */
  const byHand = (inUse: string): Key => {
    const key = newKey(form, state.minted, 'by hand', 0)
    const kept = state.keys.length < form.slots ? state.keys : state.keys.filter(({ id }) => id === inUse)
    state = { ...state, keys: [...kept, key], minted: state.minted + 1 }
    return key
  }
  return {
    form,
    get broken() {
      return state.broken
    },
    get keys() {
      return state.keys
    },
    state: () => JSON.stringify([state.keys, state.minted, state.times, [...state.broken]]),
    copy: () => from(form, state),
    works(value) {
      const { id, value: secret } = form.read(value)
      return state.keys.some((key) => key.id === id && key.value === secret && key.isActive)
    },
    mint(marker, time, again, chosen) {
      if (state.keys.length >= form.slots) return undefined
      const key = { ...newKey(form, state.minted, marker, time), ...chosen }
      const times = again ? state.times : [...state.times, time].slice(-6)
      state = { ...state, keys: [...state.keys, key], minted: state.minted + 1, times }
      return key
    },
    change(id, change) {
      state = { ...state, keys: state.keys.map((key) => (key.id === id ? { ...key, ...change } : key)) }
    },
    revoke(id, labelled) {
      if (!state.keys.some((key) => key.id === id)) return false
      const broken = named(labelled).includes(id) ? new Set([...state.broken, 'no-labelled-one-revoked']) : state.broken
      state = { ...state, keys: state.keys.filter((key) => key.id !== id), broken }
      return true
    },
    unlabelled: (values) => state.keys.filter((key) => form.isOurs(key) && !named(values).includes(key.id)).length,
    mintedSince: (time) => state.times.filter((minted) => minted >= time).length,
    mended(value) {
      const { id } = form.read(value)
      const key = state.keys.find((each) => each.id === id && each.isActive) ?? byHand(id)
      return form.write(value, key)
    },
    freed(values) {
      state = { ...state, keys: state.keys.filter(({ id }) => named(values).includes(id)) }
    },
    acts: {
      password: {
        story: 'somebody revokes the oldest key',
        act() {
          state = { ...state, keys: state.keys.slice(1) }
        },
      },
    },
  }
}
