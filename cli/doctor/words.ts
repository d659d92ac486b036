/** A moment in UTC and, where that is another one, in the time of the machine. */
export function when(time: number): string {
  const date = new Date(time)
  const utc = `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const options = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const
  if (date.getTimezoneOffset() === 0) return utc
  return `${utc} (${date.toLocaleString('sv-SE', options)} here)`
}
