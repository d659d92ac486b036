import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { rotationCalls, secretsPerCall } from '../contract/calls.ts'

const page = (name: string) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8')

/** The numbers that a sentence of a page states. */
function numbersIn(name: string, sentence: RegExp): readonly number[] {
  const [, ...numbers] = sentence.exec(page(name).replaceAll('\n', ' ')) ?? []
  return numbers.map(Number)
}

describe('the docs state the numbers of calls that the tests hold the functions to', () => {
  it('docs/measurements.md has them in each row', () => {
    const rows = [...page('measurements').matchAll(/^\| (\w+) \| [08] ms \| (\d+) \|(?: (\d+))? \| \d+ \|/gm)]
    expect(rows.length).toBeGreaterThan(20)
    const rowOf = ([, name, all, inTurn]: readonly (string | undefined)[]) => [
      name,
      Number(all),
      inTurn && Number(inTurn),
    ]
    const expected = ([, name = '', , inTurn]: readonly (string | undefined)[]) => {
      const { usual } = rotationCalls[name as Exclude<keyof typeof rotationCalls, 'OauthRefreshToken'>]
      // Without latency nothing waits for anything.
      return [name, usual.all, inTurn && usual.inTurn]
    }
    expect(rows.map(rowOf)).toEqual(rows.map(expected))
  })

  it('docs/databases.md has those of all strategies', () => {
    const sentence =
      /makes (\d+) calls of Secrets Manager, (\d+) where a superuser secret.*`MariadbAlternatingUsers` makes (\d+),.*`GeneratedValue` (\d+),/
    const { PostgresSingleUser, PostgresAlternatingUsers, MariadbAlternatingUsers, GeneratedValue } = rotationCalls
    const expected = [PostgresSingleUser, PostgresAlternatingUsers, MariadbAlternatingUsers, GeneratedValue]
    expect(numbersIn('databases', sentence)).toEqual(expected.map(({ usual }) => usual.all))
  })

  it('docs/api-keys.md has those with and without values of our own', () => {
    const { usual, withOurValue, withAdmin } = rotationCalls.ApiKey
    const sentence =
      /at most (\d+) calls of Secrets Manager, with values that we choose (\d+) \(and one more with an admin/
    expect(numbersIn('api-keys', sentence)).toEqual([usual.all, withOurValue])
    expect(withAdmin).toBe(usual.all + 1)
  })

  it('docs/iam-access-keys.md has those of an access key', () => {
    const { usual } = rotationCalls.IamAccessKey
    expect(numbersIn('iam-access-keys', /makes (\d+) calls of Secrets Manager/)).toEqual([usual.all])
  })

  it.each(['operating', 'logs'])('docs/%s.md has those for a list of 5,000 secrets', (name) => {
    expect(numbersIn(name, /5,000 secrets take (\d+) calls/)).toEqual([5_000 / secretsPerCall])
  })
})
