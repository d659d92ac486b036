import { describe, expect, it } from 'vitest'
import { type ErrorCode, errorCatalogue } from '../../shared/errors/catalogue.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'

const entries = Object.entries(errorCatalogue) as [ErrorCode, (typeof errorCatalogue)[ErrorCode]][]

describe('the list of errors', () => {
  it('has a cause and a remedy for each code, in whole sentences', () => {
    for (const [code, { cause, remedy, retryable }] of entries) {
      expect(cause, code).toMatch(/^[`A-Z].{15,}\.$/)
      expect(remedy, code).toMatch(/^[`A-Z].{10,}\.$/)
      expect(typeof retryable, code).toBe('boolean')
    }
  })

  it('says the same for no two codes', () => {
    expect(new Set(entries.map(([, { cause }]) => cause)).size).toBe(entries.length)
    expect(new Set(entries.map(([, { remedy }]) => remedy)).size).toBe(entries.length)
  })

  it('is what an error says: what happened, why, what to do, and whether to try again', () => {
    for (const [code, { cause, remedy, retryable }] of entries) {
      const error = new RotationError(code, say`It happened.`)
      const again = retryable ? 'Trying again can help.' : 'Trying again does not help.'
      expect(error.message).toBe(`It happened. Likely cause: ${cause} What to do: ${remedy} ${again}`)
      expect(error).toMatchObject({ name: code, code, retryable })
      expect(String(error)).toMatch(new RegExp(`^${code}: It happened`))
      expect('cause' in error).toBe(false)
    }
  })

  it('gives way to the words of the place that throws', () => {
    const cause = new Error('underneath')
    const error = new RotationError('Internal', say`It happened.`, { likely: say`This.`, remedy: say`That.`, cause })
    expect(error.message).toBe('It happened. Likely cause: This. What to do: That. Trying again can help.')
    expect(error.cause).toBe(cause)
  })
})
