/** As many functions that were written in a hurry, it logs the event. */
export async function handler(event: unknown): Promise<never> {
  console.log(`event: ${JSON.stringify(event)}`)
  throw new Error('not done')
}
