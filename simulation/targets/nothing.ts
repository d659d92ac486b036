import type { Target } from '../world/target.ts'

/** The target of a value that lives in the secret alone: nothing outside. */
export function nothing(): Target {
  return {
    state: () => '',
    copy: nothing,
    works: (value) => (JSON.parse(value) as { password?: unknown }).password !== '',
    broken: new Set(),
    mended: (value) => value,
    acts: {},
  }
}
