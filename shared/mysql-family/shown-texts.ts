/** The only column of what SHOW GRANTS and SHOW CREATE USER give; its name has the account in it. */
export function shownTexts(rows: readonly object[]): string[] {
  return rows.map((row) => String(Object.values(row)[0]))
}
