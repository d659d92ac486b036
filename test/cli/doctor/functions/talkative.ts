/** What many functions do that were written in a hurry: they log the event. */
export async function handler(event: unknown): Promise<never> {
  console.log(`event: ${JSON.stringify(event)}`)
  throw new Error('not done')
}
