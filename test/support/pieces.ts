/** Every stretch of a value that would give much of it away; the value itself, where it is short. */
export function piecesOf(value: string, length = 8): string[] {
  const ends = Math.max(1, value.length - length + 1)
  return Array.from({ length: ends }, (_, start) => value.slice(start, start + length))
}
