import type { Target } from '../world/target.ts'

/** A host: the keys that its file lets in, and what a crash leaves of the file. */
interface Host {
  keys: readonly string[]
  durable: readonly string[]
}

export interface Hosts extends Target {
  readonly count: number
  keysAt(host: number): readonly string[]
  /** Writes a new file, makes it durable and puts it in the place of the old one: all or nothing. */
  replace(host: number, keys: readonly string[]): void
  /** Empties the file, and fills it afterwards: a defect, for the test of the tests. */
  rewrite(host: number, keys: readonly string[]): void
  fill(): void
}

export const keyIn = (value: string) => (JSON.parse(value) as { private_key: string }).private_key

/** @returns hosts whose files let in one key */
export function hosts(count: number, first: string): Hosts {
  return from(Array.from({ length: count }, () => ({ keys: [first], durable: [first] })))
}

function from(all: readonly Host[], filling: { host: number; keys: readonly string[] } | undefined = undefined): Hosts {
  let waiting = filling
  return {
    count: all.length,
    broken: new Set(),
    state: () => JSON.stringify([all, waiting]),
    copy: () =>
      from(
        all.map((host) => ({ ...host })),
        waiting,
      ),
    works: (value) => all.every(({ keys }) => keys.includes(keyIn(value))),
    keysAt: (host) => all[host]?.keys ?? [],
    replace: (host, keys) => void Object.assign(all[host] ?? {}, { keys, durable: keys }),
    rewrite(host, keys) {
      Object.assign(all[host] ?? {}, { keys: [], durable: [] })
      waiting = { host, keys }
    },
    fill() {
      if (waiting !== undefined) Object.assign(all[waiting.host] ?? {}, { keys: waiting.keys, durable: waiting.keys })
      waiting = undefined
    },
    crash() {
      for (const host of all) host.keys = host.durable
    },
    mended: (value) => JSON.stringify({ ...(JSON.parse(value) as object), private_key: all[0]?.keys.at(-1) }),
    acts: {
      password: {
        story: 'somebody writes the file of the first host anew, with a key of their own',
        act: () => void Object.assign(all[0] ?? {}, { keys: ['by hand'], durable: ['by hand'] }),
      },
    },
  }
}
