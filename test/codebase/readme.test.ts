import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { discoverFunctions } from '../../local/functions.ts'
import { errorCatalogue } from '../../shared/rotation/error-catalogue.ts'
import { sources } from './sources.ts'

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8')
const readme = read('README.md')

describe('the README tells what is there', () => {
  it('runs every command that it shows: each block has a name, and the gate (.ci/run, .ci/containers) runs it', () => {
    const blocks = readme.match(/^```sh$/gm)?.length ?? 0
    const names = [...readme.matchAll(/^<!-- run: ([a-z-]+) -->\n```sh$/gm)].map(([, name]) => name)
    expect(names).toHaveLength(blocks)
    const gate = read('.ci/run') + read('.ci/containers')
    expect(names.filter((name) => !new RegExp(`(run|start|readme)_block ${name}(?![\\w-])`).test(gate))).toEqual([])
  })

  it('lists every error code with its cause and remedy, and no other', () => {
    const rows = [...readme.matchAll(/^\| `([A-Z]\w+)` \| (.+) \| (.+) \| (can help|no) \|$/gm)].map((row) =>
      row.slice(1),
    )
    const codes = Object.entries(errorCatalogue)
    expect(rows).toEqual(
      codes.map(([code, { cause, remedy, retryable }]) => [code, cause, remedy, retryable ? 'can help' : 'no']),
    )
  })

  it('lists every function', async () => {
    const rows = [...readme.matchAll(/^\| `(\w+)` \| .+ \| .+ \| .+ \|$/gm)].map(([, name]) => name)
    expect(Object.keys(await discoverFunctions()).filter((id) => !rows.includes(id))).toEqual([])
  })

  it('lists every environment variable that a function reads', () => {
    const code = sources('shared', 'functions')
      .map(({ text }) => text)
      .join('\n')
    const read = [...code.matchAll(/\benv\.([A-Z][A-Z_]+)/g)].map(([, name = '']) => name)
    const lambdas = ['AWS_LAMBDA_FUNCTION_NAME']
    expect(read.length).toBeGreaterThan(10)
    expect([...new Set(read)].filter((name) => !lambdas.includes(name) && !readme.includes(`\`${name}\``))).toEqual([])
  })
})
