/** A table for people: the first column to the left, the others to the right, columns two spaces apart. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)))
  const cellOf = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)
  return [head, ...rows].map((cells) => cells.map(cellOf).join('  ').trimEnd()).join('\n')
}
