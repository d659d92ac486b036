/** RegExp.escape for Node 22, in whose place it is bundled: every code unit but letters and digits is written as its number. */
export function escapeRegExp(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
