import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { bundled } from '../../../functions/api-key/bundled.ts'
import { apiKeyKind } from '../../../functions/api-key/secret-type.ts'
import { checkedDescription } from '../../../shared/described/checks.ts'
import { repositoryPath } from '../../support/function-under-test.ts'

const folder = repositoryPath('functions/api-key/providers')
const names = readdirSync(folder).flatMap((file) => (file.endsWith('.json') ? [file.replace('.json', '')] : []))
const parsed = (path: string) => JSON.parse(readFileSync(`${folder}/${path}`, 'utf8')) as unknown
const page = readFileSync(repositoryPath('docs/api-keys.md'), 'utf8')

/** Members that the provider does not decide: our names and words, and how long we wait. */
const ours = ['$schema', 'name', 'title', 'needsAdmin', 'settleSeconds', 'scheme']

/** The pointers of all members that say something about the provider. */
function leaves(value: unknown, at = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [at]
  const reference = Object.keys(value).some((key) => key.startsWith('$'))
  if (reference) return [at]
  return Object.entries(value).flatMap(([key, item]) => (ours.includes(key) ? [] : leaves(item, `${at}/${key}`)))
}

describe('the descriptions that come with the function', () => {
  it('are all bundled, and none is refused as well', () => {
    expect(Object.keys(bundled).sort()).toEqual(names.sort())
    expect(names.filter((name) => name in apiKeyKind.refused)).toEqual([])
  })

  it.each(names)('%s is a valid description under its own name', (name) => {
    expect(checkedDescription(bundled[name], `${name}.json`, apiKeyKind).name).toBe(name)
  })

  it.each(names)('%s has a source for each member', (name) => {
    expect(existsSync(`${folder}/sources/${name}.json`)).toBe(true)
    const sources = parsed(`sources/${name}.json`) as { url: string; says: string[] }[]
    for (const { url } of sources) expect(new URL(url).protocol).toBe('https:')
    const said = sources.flatMap(({ says }) => says)
    const isSaid = (pointer: string) => said.some((each) => pointer === each || pointer.startsWith(`${each}/`))
    expect(leaves(bundled[name]).filter((pointer) => pointer !== '' && !isSaid(pointer))).toEqual([])
    // And nothing is said of members that are not there.
    const all = leaves(bundled[name])
    expect(said.filter((each) => !all.some((pointer) => pointer === each || pointer.startsWith(`${each}/`)))).toEqual(
      [],
    )
  })

  it('are in the documentation, with whether they were run, as are the refused ones', () => {
    const rows = [...page.matchAll(/^\| `([a-z-]+)` \|.*\| (run in our tests|read, not run) \|$/gm)]
    expect(rows.map(([, name]) => name).sort()).toEqual(names.sort())
    expect(rows.filter(([, , how]) => how === 'run in our tests').map(([, name]) => name)).toEqual(['jupyterhub'])
    for (const name of Object.keys(apiKeyKind.refused)) expect(page).toContain(`| \`${name}\` |`)
  })
})
