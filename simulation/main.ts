import { writeFileSync } from 'node:fs'
import { type CommandLine, commandLine } from '../local/commands/command-line.ts'
import { deep, perStep } from './budgets.ts'
import { type History, parseHistory, textOf } from './explore/history.ts'
import { seeded } from './explore/random.ts'
import { outlived, steps } from './explore/scenario.ts'
import { exploreType } from './explore-type.ts'
import { crashMatrix } from './matrix.ts'
import { randomHistories } from './random-histories.ts'
import { tell } from './story.ts'
import { types } from './targets/types.ts'

const help = `Runs the functions in one process, without sockets, and decides at every outside call what happens: which run goes on, what is
lost, what comes late, which run dies, what an operator does meanwhile. It checks whether the promises hold.

  npm run simulate -- [TYPE] [--deep] [--minutes N] [--seed S] [--history TEXT] [--matrix FILE] [--json]

  TYPE            the kinds of secrets whose names begin so; all when left out: ${types.map(({ name }) => name).join(', ')}
  --minutes N     whole rotations at random for so long, 0.1 to 600; without it every order of two runs of each step is tried,
                  with one fault and one preemption
  --deep          tries two preemptions, with a fault or with a human act; with --minutes as much of
                  that as fits, drawn by chance
  --seed S        draws by this number; by another one each time when left out
  --history TEXT  plays one history and tells it, for instance mysql-single-user/set+set/3:B,9:lost
  --matrix FILE   writes what was tried as a page; docs/crash-matrix.md is the one of all kinds of secrets
  --json          one line of JSON for each kind of secret
  --help          this text

Exit code 0: all promises hold, but for accepted left-overs; 1: one does not, and its history is told; 2: wrong arguments.

Examples:
  npm run simulate -- postgres
  npm run simulate -- --deep --minutes 1
  npm run simulate -- oauth --minutes 5 --seed 7
`

const cli: CommandLine = commandLine('npm run simulate', help)
const { values, positionals } = cli.parse({
  allowPositionals: true,
  options: {
    minutes: { type: 'string' },
    seed: { type: 'string' },
    history: { type: 'string' },
    deep: { type: 'boolean', default: false },
    matrix: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const { json } = values
const [prefix = '', ...more] = positionals
const chosen = types.filter(({ name }) => name.startsWith(prefix))
if (chosen.length === 0 || more.length > 0) cli.fail(`There is no kind of secret "${positionals.join(' ')}".`)
const minutes = number('--minutes', values.minutes, 0.1, 600)
const seed = number('--seed', values.seed, 0, 4_294_967_295) ?? Math.floor(Math.random() * 4_294_967_296)
// A program that reads only the first lines, such as head, must not cause an error.
process.stdout.on('error', () => process.exit(1))
const say = (line: string) => {
  if (!json) process.stdout.write(`${line}\n`)
}
const progress = (line: string) => {
  if (process.stderr.isTTY) process.stderr.write(`\r${line.padEnd(100)}`)
}

function number(option: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined
  const given = /^\d{1,10}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN
  if (given >= least && given <= most) return given
  return cli.fail(`${option} takes a number from ${least} to ${most}, not "${text}".`)
}

let defects = 0
if (values.history !== undefined) await one(values.history)
else if (minutes !== undefined && !values.deep) await atRandom(minutes)
else await everyOrder()
process.exitCode = defects === 0 ? 0 : 1

async function one(text: string): Promise<void> {
  const told = await (async () => tell(parseHistory(text)))().catch((error: unknown) =>
    cli.fail(error instanceof Error ? error.message : String(error)),
  )
  for (const line of told.lines) say(line)
  if (json) process.stdout.write(`${JSON.stringify({ history: text, broken: told.broken ?? null })}\n`)
  if (told.broken !== undefined) defects++
}

async function everyOrder(): Promise<void> {
  const results = []
  const began = process.cpuUsage()
  let histories = 0
  const start = performance.now()
  if (minutes !== undefined) say(`Seed ${seed}.`)
  for (const [index, type] of chosen.entries()) {
    const budgets = (values.deep ? deep : perStep)(type)
    const goOn = (count: number, part: number) => {
      if (count % 1_000 === 0) progress(`${type.name}: ${count} histories`)
      // The time that one kind does not need is left to the next ones.
      const due = ((index + part) / chosen.length) * (minutes ?? 0) * 60_000
      return minutes === undefined || performance.now() - start < due
    }
    // A seed for each kind of secret, so that a faster machine tries the same histories, and more.
    const bounded = minutes === undefined ? {} : { chance: seeded(seed + index) }
    const result = await exploreType(type, values.deep ? steps : [...steps, outlived], budgets, { goOn, ...bounded })
    results.push(result)
    progress('')
    const count = result.scenarios.reduce((sum, each) => sum + each.histories + each.joined, 0)
    histories += count
    const leftOvers = [...result.leftOvers].map(([{ name }, { history }]) => ({ name, history: textOf(history) }))
    const broken = result.defects.map(({ predicate, history }) => ({ predicate, history: textOf(history) }))
    if (json) process.stdout.write(`${JSON.stringify({ type: type.name, histories: count, leftOvers, broken })}\n`)
    say(`${type.name}: ${count} histories, ${broken.length === 0 ? 'all promises hold' : 'A PROMISE IS BROKEN'}`)
    for (const { name, history } of leftOvers) say(`    but for: ${name} (${history})`)
    for (const { history } of result.defects) await report(history)
  }
  const { user, system } = process.cpuUsage(began)
  const perMinute = Math.round(histories / ((user + system) / 60_000_000))
  say(`\n${histories} histories, ${perMinute} for each minute of a processor.`)
  if (values.matrix !== undefined) writeFileSync(values.matrix, crashMatrix(results))
}

async function atRandom(wanted: number): Promise<void> {
  say(`Seed ${seed}.`)
  const share = (wanted * 60_000) / chosen.length
  for (const type of chosen) {
    const ends = performance.now() + share
    const found = await randomHistories(type, seed, (count) => {
      if (count % 500 === 0) progress(`${type.name}: ${count} histories`)
      return performance.now() < ends
    })
    progress('')
    const { histories, leftOvers, defect } = found
    const broken = defect === undefined ? [] : [{ predicate: defect.predicate, history: textOf(defect.history) }]
    if (json) process.stdout.write(`${JSON.stringify({ type: type.name, seed, histories, leftOvers, broken })}\n`)
    say(`${type.name}: ${histories} whole rotations, ${leftOvers} of them with an accepted left-over`)
    if (defect !== undefined) await report(defect.history)
  }
}

async function report(history: History): Promise<void> {
  defects++
  const { lines } = await tell(history)
  for (const line of lines) process.stderr.write(`${line}\n`)
}
