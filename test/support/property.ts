import { assert as assertProperty, type IAsyncProperty, type IProperty } from 'fast-check'

/**
 * Checks a property with a bounded number of runs. A failure prints the seed and the path; FAST_CHECK_SEED repeats it.
 * FAST_CHECK_TIMES runs all properties so many times as often.
 */
export async function holds<T>(property: IAsyncProperty<T> | IProperty<T>, runs: number): Promise<void> {
  const { FAST_CHECK_SEED: seed, FAST_CHECK_TIMES: times = '1' } = process.env
  const numRuns = runs * Number(times)
  await assertProperty(property, { numRuns, ...(seed === undefined ? {} : { seed: Number(seed) }) })
}
