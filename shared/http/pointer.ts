/**
 * What a JSON Pointer (RFC 6901) leads to. Only a value's own members count, so that `/__proto__` and `/constructor` lead
 * nowhere, and an index is written without leading zeros, as the RFC has it.
 * @returns undefined where it leads to nothing
 */
export function at(value: unknown, pointer: string): unknown {
  let found = value
  for (const step of stepsOf(pointer)) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined
    if (Array.isArray(found) && !/^(0|[1-9]\d*)$/.test(step)) return undefined
    found = (found as Readonly<Record<string, unknown>>)[step]
  }
  return found
}

function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}
