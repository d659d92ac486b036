/** AWS keeps every version of the last 24 hours, and 100 at most: the next one is refused (AWS quotas, "Versions in a secret"). */
const hours = 25
const most = 96
const mostInAnHour = 35
const hourMs = 3_600_000

/**
 * Counts one claim more. Each claim leads to a version that cannot be made a second time: where Secrets Manager has no room for it,
 * it is lost, so the claim is what has to be refused.
 * @param before the counts of earlier claims, in the form that this function gives
 * @returns how many claims each of the last 25 hours has had, the last one first; undefined where one more would be too many
 */
export function counted(before: readonly string[], now: number): string | undefined {
  const hour = Math.floor(now / hourMs)
  const [last = { hour, counts: [] }] = before.flatMap((text) => readCounts(text) ?? []).sort((a, b) => b.hour - a.hour)
  const passed = Math.max(0, hour - last.hour)
  const since = passed >= hours ? [] : [...Array<number>(passed).fill(0), ...last.counts]
  const [current = 0, ...rest] = since.slice(0, hours)
  const counts = [current + 1, ...rest]
  const sum = counts.reduce((all, each) => all + each, 0)
  if (sum > most || current + 1 > mostInAnHour) return undefined
  return `${hour.toString(36)}-${counts.map((count) => count.toString(36)).join('')}`
}

function readCounts(text: string): { readonly hour: number; readonly counts: readonly number[] } | undefined {
  const [, hour = '', counts = ''] = /^([0-9a-z]{1,8})-([0-9a-z]{1,25})$/.exec(text) ?? []
  if (hour === '') return undefined
  return { hour: Number.parseInt(hour, 36), counts: [...counts].map((digit) => Number.parseInt(digit, 36)) }
}
