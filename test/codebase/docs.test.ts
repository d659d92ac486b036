import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { discoverFunctions } from '../../local/functions.ts'
import { errorCatalogue } from '../../shared/errors/catalogue.ts'
import { anchorsOf } from '../support/markdown.ts'
import { sources } from './sources.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const inDocs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
const pages = ['README.md', ...inDocs.map((name) => `docs/${name}`)].map((path) => ({ path, text: read(path) }))
const all = pages.map(({ text }) => text).join('\n')

describe('README and docs', () => {
  it('show no command that neither the gate nor a test runs', () => {
    const blocks = all.match(/^```sh$/gm)?.length ?? 0
    const names = [...all.matchAll(/^<!-- run: ([a-z-]+) -->\n```sh$/gm)].map(([, name = '']) => name)
    expect(names).toHaveLength(blocks)
    expect(new Set(names).size).toBe(names.length)
    const gate = read('.ci/run') + read('.ci/containers')
    const tests = sources('test/delivery')
      .map(({ text }) => text)
      .join('\n')
    const isRun = (name: string) =>
      new RegExp(`(run|start|readme)_block ${name}(?![\\w-])`).test(gate) || tests.includes(`docsBlock('${name}')`)
    expect(names.filter((name) => !isRun(name))).toEqual([])
  })

  it('turn rotation on without rotating at once', () => {
    const words = [...pages, ...sources('cli', 'local')].map(({ text }) => text.replaceAll(/\\+\n\s*/g, ''))
    const commands = words.flatMap(
      (text) => text.match(/^.*aws secretsmanager rotate-secret .*--rotation-(?:lambda|rules).*$/gm) ?? [],
    )
    expect(commands.length).toBeGreaterThan(8)
    const atOnce = commands.filter((line) => !line.includes('--no-rotate-immediately'))
    // With --hold the function is not invoked, and nothing is rotated before that is done by hand.
    expect(atOnce).toEqual([expect.stringContaining('--secret-id app-db')])
  })

  it('list every error code with its cause and remedy, and no other', () => {
    const rows = [...read('docs/errors.md').matchAll(/^\| `([A-Z]\w+)` \| (.+) \| (.+) \| (can help|no) \|$/gm)].map(
      (row) => row.slice(1),
    )
    const codes = Object.entries(errorCatalogue)
    expect(rows).toEqual(
      codes.map(([code, { cause, remedy, retryable }]) => [code, cause, remedy, retryable ? 'can help' : 'no']),
    )
  })

  it('list every function', async () => {
    const rows = [...read('README.md').matchAll(/^\| `(\w+)` \| .+ \| .+ \| .+ \|$/gm)].map(([, name]) => name)
    expect(Object.keys(await discoverFunctions()).filter((id) => !rows.includes(id))).toEqual([])
  })

  it('list every environment variable that a function reads, in a table', () => {
    const code = sources('shared', 'functions')
      .map(({ text }) => text)
      .join('\n')
    const names = [...code.matchAll(/\benv\.([A-Z][A-Z_]+)|\b(?:oneOf|wholeNumber)\(\s*'([A-Z_]+)',\s*env\b/g)].map(
      ([, direct, named]) => direct ?? named ?? '',
    )
    const lambdas = ['AWS_LAMBDA_FUNCTION_NAME', 'AWS_REGION']
    const listed = [...all.matchAll(/^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) \|/gm)].flatMap(
      ([, cell = '']) => cell.match(/[A-Z_]{2,}/g) ?? [],
    )
    expect(names.length).toBeGreaterThan(10)
    expect([...new Set(names)].filter((name) => !lambdas.includes(name) && !listed.includes(name))).toEqual([])
  })

  it('name the template of every target', () => {
    const targets = readdirSync(join(root, 'templates')).flatMap((name) => /^(.+)\.yaml$/.exec(name)?.[1] ?? [])
    const [, named = ''] = /with the target whose functions you want \(([^)]*)\)/.exec(read('README.md')) ?? []
    expect(named.match(/[a-z-]+/g)?.sort()).toEqual(targets.sort())
  })

  it('name only files that exist', () => {
    const texts = [...pages.map(({ text }) => text), read('CONTRIBUTING.md'), read('SECURITY.md')].join('\n')
    const paths = [...texts.matchAll(/`((?:shared|functions|local|template|test|bench|examples)\/[\w./-]+\.\w+)`/g)]
    expect(paths.map(([, path = '']) => path).filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it('link only to files and headings that exist', () => {
    const more = ['CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'].map((path) => ({ path, text: read(path) }))
    const broken = [...pages, ...more].flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)]
        .filter(([, file = '', heading]) => {
          const target = file === '' ? path : normalize(join(dirname(path), file))
          if (!existsSync(join(root, target))) return true
          return heading !== undefined && !anchorsOf(read(target)).includes(heading)
        })
        .map(([link]) => `${path}: ${link}`),
    )
    expect(broken).toEqual([])
  })

  it('keep the README at 170 lines', () => {
    expect(read('README.md').match(/\n/g)?.length).toBeLessThanOrEqual(170)
  })
})
