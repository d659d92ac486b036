/**
 * The JSON object in a text; undefined where it holds none.
 * @param change replaces each value in it
 */
export function jsonObject(
  text: string,
  change: (value: unknown) => unknown = (value) => value,
): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(text, (_key, value) => change(value))
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
