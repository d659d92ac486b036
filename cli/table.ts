import { stripVTControlCharacters } from 'node:util'

const widthOf = (text: string) => [...stripVTControlCharacters(text)].length

/** Rows as lines, each column as wide as its widest cell, without counting colours. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(cell))
  }
  return rows.map((row) =>
    row
      .map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd(),
  )
}
