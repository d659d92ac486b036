import { mkdir, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { type CommandLine, commandLine } from '../local/commands/command-line.ts'
import { discoverFunctions } from '../local/functions.ts'
import { bundleFunction } from '../local/secrets-manager/functions/bundle.ts'
import { measureAgainstAws } from './aws/compare.ts'
import { folderOfAws } from './aws/functions.ts'
import { awsHelp, awsOptions } from './aws/options.ts'
import { measureColdStart } from './cold-start.ts'
import { type Figures, report } from './report.ts'
import { measureRotations } from './rotations.ts'
import type { BenchPlace, BenchTarget } from './target.ts'
import { targets } from './targets.ts'

const help = `Measures what a rotation costs: calls, round trips, logins, time against a floor, cold start, memory, bytes.

  npm run bench
  npm run bench -- --only Mysql        only the functions whose names begin so
  npm run bench -- --pairs 40          more measurements of each kind (default 20)
  npm run --silent bench -- --json     the figures as JSON instead of a table
  npm run bench -- --out FILE          where the JSON goes as well (default .keyturn/bench.json)
  npm run bench -- --aws FOLDER        beside AWS's own functions, too

${awsHelp}

Each time is compared with another one measured in turn with it, so that the ratios hold on a busy machine.
`

const cli: CommandLine = commandLine('npm run bench', help)
const { values } = cli.parse({
  options: {
    pairs: { type: 'string', default: '20' },
    only: { type: 'string', default: '' },
    out: { type: 'string', default: '.keyturn/bench.json' },
    ...awsOptions,
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const { pairs: pairsText, only, out, json, aws: checkout, python } = values
if (!/^[1-9]\d{0,2}$/.test(pairsText)) cli.fail('--pairs takes a number from 1 to 999.')
// A signal that ends the measuring early ends its servers, too.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))
const pairs = Number(pairsText)
const progress = (what: string) => process.stderr.write(`measuring ${what} ...\n`)

const modules = await discoverFunctions()
const folderOf = (id: string) => basename(dirname(modules[id] ?? ''))
for (const id of Object.keys(modules))
  if (!(folderOf(id) in targets)) throw new Error(`bench/targets.ts has no place for ${id}.`)
const ids = Object.keys(modules).filter((id) => id.startsWith(only))
if (ids.length === 0) cli.fail(`No function begins with "${only}"; there are ${Object.keys(modules).join(', ')}.`)
const bundles = Object.fromEntries(ids.map((id) => [id, resolve('.keyturn/bundles', `${id}.cjs`)]))
for (const id of ids) await bundleFunction(modules[id] ?? '', bundles[id] ?? '')

const figures: Figures = { bundles: [], coldStarts: [], rotations: [], besideAws: [] }
for (const [functionId, bundle] of Object.entries(bundles)) {
  progress(`the start of ${functionId}`)
  figures.bundles.push({ functionId, bytes: (await stat(bundle)).size })
  figures.coldStarts.push(measureColdStart(functionId, bundle, pairs))
}
for (const [folder, target] of Object.entries(targets)) {
  const chosen = ids.filter((id) => folderOf(id) === folder && (target.measures?.includes(id) ?? true))
  if (chosen.length > 0) await measureOn(target, chosen)
}

async function measureOn(target: BenchTarget, chosen: readonly string[]): Promise<void> {
  await using place = await target.start()
  for (const functionId of chosen) {
    const [module = modules[functionId] ?? '', bundle = bundles[functionId] ?? ''] = await inAnotherForm(
      functionId,
      place,
    )
    for (const latencyMs of [0, 8]) {
      progress(`rotations of ${functionId} with ${latencyMs} ms more for each call of Secrets Manager`)
      figures.rotations.push(await measureRotations(functionId, place, { module, bundle, latencyMs, pairs }))
      const folder = checkout === '' ? undefined : await folderOfAws(functionId, checkout)
      if (folder === undefined) continue
      progress(`the same beside AWS's function`)
      const aws = { python, folder }
      figures.besideAws.push(await measureAgainstAws(functionId, place, { module, bundle, latencyMs, pairs, aws }))
    }
  }
}

/** Paths of the module and its bundle, where the function is measured in another form; none elsewhere. */
async function inAnotherForm(functionId: string, { module }: BenchPlace): Promise<readonly string[]> {
  if (module === undefined) return []
  const bundle = resolve('.keyturn/bundles', `${functionId}.here.cjs`)
  await bundleFunction(module, bundle)
  return [module, bundle]
}

const text = JSON.stringify(figures, undefined, 2)
await mkdir(dirname(out), { recursive: true })
await writeFile(out, `${text}\n`)
process.stdout.write(`${json ? text : report(figures)}\n`)
