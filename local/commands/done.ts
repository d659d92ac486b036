/** The words in a function's own log line about the deeds of a step; empty where there are none. */
export function doneIn(logs: string): string {
  for (const line of logs.split('\n').filter((text) => text.includes('"done"'))) {
    const { done } = parsed(line)
    if (Array.isArray(done)) return done.join(', ')
  }
  return ''
}

function parsed(line: string): { readonly done?: unknown } {
  try {
    return JSON.parse(line)
  } catch {
    return {} // a line of something else that happens to have the word in it
  }
}
