/** The condition that a function is wanted. */
export function isOn(id: string): string {
  return `!Equals [!Ref With${id}, 'yes']`
}

/** CloudFormation reference, "Fn::Or": from two to ten conditions. */
const most = 10

/**
 * @param conditions the texts of the conditions
 * @returns the condition that one of them holds; where there are more than ten, with `!Or` within `!Or`
 */
export function anyOf(conditions: readonly string[]): string {
  const [only = '', ...others] = conditions
  if (others.length === 0) return only
  if (conditions.length <= most)
    return `!Or${conditions.map((one) => `\n  - ${one.replaceAll('\n', '\n  ')}`).join('')}`
  const size = Math.ceil(conditions.length / Math.ceil(conditions.length / most))
  const parts = Array.from({ length: Math.ceil(conditions.length / size) }, (_, part) =>
    anyOf(conditions.slice(part * size, (part + 1) * size)),
  )
  return anyOf(parts)
}
