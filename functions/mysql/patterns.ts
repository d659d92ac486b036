/** A character that has to be there, `_` for any one, `%` for any number of any. */
type Part = { readonly character: string } | '_' | '%'

/** Whether some name can match both patterns of LIKE. */
export function patternsOverlap(one: string, other: string): boolean {
  const [a, b] = [partsOf(one), partsOf(other)]
  // The places `i,j` that were compared already: each pair is looked at once, or many % would take for ever.
  const seen = new Set<string>()
  function from(i: number, j: number): boolean {
    const key = `${i},${j}`
    if (seen.has(key)) return false
    seen.add(key)
    const [x, y] = [a[i], b[j]]
    if (x === undefined && y === undefined) return true
    if (x === '%' && (from(i + 1, j) || (y !== undefined && from(i, j + 1)))) return true
    if (y === '%' && (from(i, j + 1) || (x !== undefined && from(i + 1, j)))) return true
    if (x === undefined || y === undefined || x === '%' || y === '%') return false
    return (x === '_' || y === '_' || x.character === y.character) && from(i + 1, j + 1)
  }
  return from(0, 0)
}

function partsOf(pattern: string): Part[] {
  const parts: Part[] = []
  for (const [text] of pattern.matchAll(/\\?./gsu)) {
    if (text === '%' || text === '_') parts.push(text)
    else parts.push({ character: text.replace(/^\\(?=.)/s, '') })
  }
  return parts
}
