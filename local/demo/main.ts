import { accessSync, constants } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { styleText } from 'node:util'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { type CommandLine, commandLine } from '../commands/command-line.ts'
import { discoverFunctions } from '../functions.ts'
import type { StepEnded } from '../secrets-manager/functions/invocation.ts'
import { startLocalSecretsManager } from '../secrets-manager/start.ts'
import { type Reported, reportPage } from './report/page.ts'
import { asJson, resultTable } from './results.ts'
import { type Shown, show } from './scenario.ts'
import type { DemoTarget } from './target.ts'
import { nothingToSee, targets } from './targets.ts'

const names = Object.keys(targets)

const help = `Rotates real logins while applications query with them, and shows what happens.

  npm run demo -- [TARGET] [--only PREFIX] [--rotations N] [--clients N] [--json]
                      [--report FILE]

  TARGET          ${names.join(', ')}, or all; postgres when left out
  --only PREFIX   only the functions whose ids begin so, for instance MysqlDual
  --rotations N   how often a login is rotated whose old value goes on working, 2 to 10000 (default 2); one whose old
                  value dies is rotated once
  --clients N     how many clients log in all the time, 2 to 40 (default 4); where the old value goes on working
                  half of them keep theirs until the next rotation
  --report FILE   writes a page with a timeline of each function, to be opened in a browser
  --json          one line of JSON for each function that is shown
  --help          this text

It starts the servers and a Secrets Manager on 127.0.0.1 and ends them again. MySQL and MariaDB are Debian's packages,
which are downloaded once into the user's cache folder. Exit code 0: all went as promised; 1: something did not; 2: wrong
arguments.

Examples:
  npm run demo -- mysql
  npm run --silent demo -- all --json
  npm run demo -- mariadb --only MariadbDual --rotations 1000 --clients 20
  npm run demo -- mysql --report mysql.html
`

const cli: CommandLine = commandLine('npm run demo', help)
const { values, positionals } = cli.parse({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    rotations: { type: 'string', default: '2' },
    clients: { type: 'string', default: '4' },
    report: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const { json } = values
const [name = 'postgres', ...others] = positionals
const chosen = Object.entries(targets).filter(([target]) => name === 'all' || name === target)
if (chosen.length === 0 || others.length > 0) {
  cli.fail(`npm run demo takes one of ${names.join(', ')} or all, not "${positionals.join(' ')}".`)
}
const rotations = wholeNumber('--rotations', values.rotations, 2, 10_000)
const clients = wholeNumber('--clients', values.clients, 2, 40)
const report = values.report === undefined ? undefined : writable(values.report)

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  if (number >= least && number <= most) return number
  return cli.fail(`${option} takes a whole number from ${least} to ${most}, not "${text}".`)
}

/** Tried before the demo runs for minutes, and its report could not be written. */
function writable(file: string): string {
  try {
    accessSync(dirname(resolve(file)), constants.W_OK)
    return file
  } catch (error) {
    return cli.fail(`--report ${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const say = (line: string) => {
  if (!json) process.stdout.write(`${line}\n`)
}
const bold = (text: string) => styleText('bold', text, { stream: process.stdout })

// A signal that ends the demo early ends its servers, too.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

const modules = await discoverFunctions()
const credentials = { accessKeyId: 'demo', secretAccessKey: 'demo' }
const results: Shown[] = []
const reported: Reported[] = []
const surprises: string[] = []
for (const [target, start] of chosen) await demonstrate(target, start)

async function demonstrate(what: string, start: () => Promise<DemoTarget>): Promise<void> {
  say(`${results.length > 0 ? '\n' : ''}Starting ${what} and Secrets Manager on this machine ...`)
  await using target = await start().catch((error: unknown) =>
    cli.fail(`${what} cannot be started: ${error instanceof Error ? error.message : String(error)}`, 1),
  )
  const listeners = new Set<(step: StepEnded) => void>()
  const { env, modules: others = {} } = target
  await using local = await startLocalSecretsManager({
    functions: Object.fromEntries(
      Object.entries(modules).map(([id, module]) => [id, { module: others[id] ?? module, env }]),
    ),
    retryDelaysMs: [],
    onStep(step) {
      if (step.phase === 'ended') for (const listener of listeners) listener(step)
    },
  })
  const secretsManager = new SecretsManagerClient({ endpoint: local.endpoint, region: 'us-east-1', credentials })
  const onStep = (listener: (step: StepEnded) => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  for (const demonstration of target.demonstrations) {
    const { functionId, summary } = demonstration
    if (!functionId.startsWith(values.only)) continue
    say(`\n${bold(functionId)} on ${target.title}: ${summary}`)
    const shown = await show(demonstration, { local, target, secretsManager, rotations, clients, say, onStep })
    results.push(shown)
    reported.push({ target: target.title, summary: demonstration.summary, shown })
    if (json) process.stdout.write(`${asJson(shown)}\n`)
  }
  if (values.only === '') surprises.push(...((await target.afterwards?.(say)) ?? []))
  secretsManager.destroy()
}

if (results.length === 0) cli.fail(`--only ${values.only}: no function that is shown there begins so.`)
say(`\n${resultTable(results)}`)
if (report !== undefined) {
  await writeFile(report, reportPage(reported))
  say(`\nWrote ${report}: open it in a browser.`)
}

surprises.push(...results.flatMap((shown) => shown.surprises))
if (name === 'all' && values.only === '') {
  const missing = Object.entries(modules).filter(
    ([id, path]) =>
      !nothingToSee.includes(basename(dirname(path))) && !results.some((shown) => shown.functionId === id),
  )
  surprises.push(...missing.map(([id]) => `${id} was not shown: local/demo has nothing of it.`))
}
for (const surprise of surprises) process.stderr.write(`${surprise}\n`)
say(
  surprises.length === 0
    ? '\nAll went as promised.'
    : `\n${surprises.length === 1 ? 'One thing' : `${surprises.length} things`} did not go as promised.`,
)
process.exitCode = surprises.length === 0 ? 0 : 1
