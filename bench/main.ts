import { mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { bundleFunction } from '../local/bundle.ts'
import { type CommandLine, commandLine } from '../local/command-line.ts'
import { discoverFunctions } from '../local/functions.ts'
import { startPostgres } from '../local/servers/postgres.ts'
import { measureColdStart } from './cold-start.ts'
import { type Figures, report } from './report.ts'
import { measureRotations } from './rotations.ts'

const help = `Measures what a rotation costs: calls, round trips, logins, time against a floor, cold start, memory, bytes.

  npm run bench
  npm run bench -- --pairs 40          more measurements of each kind (default 20)
  npm run --silent bench -- --json     the figures as JSON instead of a table
  npm run bench -- --out FILE          where the JSON goes as well (default .keyturn/bench.json)

Each time is compared with another one measured in turn with it, so that the ratios hold on a busy machine.
`

const cli: CommandLine = commandLine('npm run bench', help)
const { values } = cli.parse({
  options: {
    pairs: { type: 'string', default: '20' },
    out: { type: 'string', default: '.keyturn/bench.json' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const { pairs: pairsText, out, json } = values
if (!/^[1-9]\d{0,2}$/.test(pairsText)) cli.fail('--pairs takes a number from 1 to 999.')
// So that what ends the measuring early ends its server, too.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))
const pairs = Number(pairsText)
const progress = (what: string) => process.stderr.write(`measuring ${what} ...\n`)

const modules = await discoverFunctions()
const ids = Object.keys(modules)
const bundles = Object.fromEntries(ids.map((id) => [id, resolve('.keyturn/bundles', `${id}.cjs`)]))
for (const [id, module] of Object.entries(modules)) await bundleFunction(module, bundles[id] ?? '')

const figures: Figures = { bundles: [], coldStarts: [], rotations: [] }
for (const [functionId, bundle] of Object.entries(bundles)) {
  progress(`the start of ${functionId}`)
  figures.bundles.push({ functionId, bytes: (await stat(bundle)).size })
  figures.coldStarts.push(measureColdStart(functionId, bundle, pairs))
}
await using server = await startPostgres(18, { log_connections: 'on' })
for (const [functionId, module] of Object.entries(modules)) {
  // Without a login there is no network of its own to compare with: Secrets Manager's calls are all there is.
  if (!functionId.startsWith('Postgres')) continue
  for (const latencyMs of [0, 8]) {
    progress(`rotations of ${functionId} with ${latencyMs} ms more for each call of Secrets Manager`)
    figures.rotations.push(
      await measureRotations(functionId, module, server, { bundle: bundles[functionId] ?? '', latencyMs, pairs }),
    )
  }
}

const text = JSON.stringify(figures, undefined, 2)
await mkdir(dirname(out), { recursive: true })
await writeFile(out, `${text}\n`)
process.stdout.write(`${json ? text : report(figures)}\n`)
