import { steps } from '../shared/rotation/event.ts'
import { type LeftOver, leftOvers } from './accepted.ts'
import { textOf } from './explore/history.ts'
import { predicates } from './explore/predicates.ts'
import type { TypeResult } from './explore-type.ts'

/** Words for the events that were tried at a call. */
const words: Readonly<Record<string, string>> = {
  A: 'preempted',
  B: 'preempted',
  C: 'preempted',
  'done-kill': 'done, then killed',
  'done-deadline': 'done, then the deadline',
  land: 'what was late arrives',
}

/** docs/crash-matrix.md: the events that were tried in each step, and the results. */
export function crashMatrix(results: readonly TypeResult[]): string {
  const total = results.reduce((sum, { scenarios }) => sum + count(scenarios), 0)
  return [
    ...introduction(total),
    '## What is looked at',
    '',
    ...predicates.map(({ name, promise }) => `- **${name}**: ${promise}`),
    '',
    '## What does not hold, and why it is left so',
    '',
    ...leftOvers.map((each) => `- **${sentence(each.name)}** ${each.why}${example(each, results)}`),
    '',
    ...results.flatMap(section),
  ].join('\n')
}

function introduction(total: number): string[] {
  return `# What may happen at every call

Made by \`npm run simulate -- --matrix docs/crash-matrix.md\`; a test fails when it is out of date. The functions' own code (protocol, strategies, secret types)
runs in one process, with the rules of the laptop's Secrets Manager and with models of targets. A scheduler decides at every outside
call. For each kind of secret two runs of each step, and of each two neighbouring steps, are played in every order that one
preemption and one fault allow (where steps make very many calls: one of the two), also two fault-free runs with a late call arriving at every later moment. Orders that lead to
the same state are played on once. After each history the faults end: the service ends the rotation, an operator carries out what
errors ask for, and a timeout later the secret is rotated once more. ${total} histories in all.

CI adds two preemptions, with a fault or with a human act (\`--deep\`), and whole rotations: of each, as
many as fit into a minute, drawn by a seed that it prints.

A fault is one of: *lost* before it takes effect; *unanswered*: done, and the answer is lost; *repeated*: done, and sent again by the
SDK; *stale*: a read of what was there before the last change; *kill* before it leaves, or when it is done; *late*: it arrives when
the run is dead; the *deadline* of the run, before it leaves or when it is done; a *crash* of the target, which keeps what was durable.

What lies below a model (SQL, locks, sessions, HTTP) is not simulated. The crash contract (\`test/contract/crash-runner.ts\`) kills
the functions at each call on real servers, of two runs of setSecret there one is held at each statement while the other one goes on
(\`test/contract/held-runs.ts\`), and the models pass the cases of the same contract. What is marked as a draft is not
deployed: it is there to find out which order of calls is right. Not modelled: second passwords on replicas, several accounts of
one name, \`settle\` of single users, hosts behind jump hosts, a first key that an admin puts there, \`SSH_OLD_KEY_HOURS\`, keys that a
provider rotates in one call, users of AWS Transfer Family.

\`npm run simulate -- --history TEXT\` tells a history.
`.split('\n')
}

const count = (scenarios: TypeResult['scenarios']) =>
  scenarios.reduce((sum, { histories, joined }) => sum + histories + joined, 0)
const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

function example(leftOver: LeftOver, results: readonly TypeResult[]): string {
  const seen = results.flatMap((result) => result.leftOvers.get(leftOver) ?? [])
  const [first] = seen
  return first === undefined
    ? ' Shown by `--deep` and by random histories.'
    : ` For instance \`${textOf(first.history)}\`.`
}

function section({ type, scenarios, tried, leftOvers: seen, defects }: TypeResult): string[] {
  const holds = seen.size === 0 && defects.length === 0
  const but = [...seen].map(([{ name }, { predicate, history }]) => `- ${predicate}: ${name} (\`${textOf(history)}\`)`)
  const sizes = scenarios.map(({ scenario, histories, joined }) => `${scenario} ${histories + joined}`)
  return [
    `## ${type.name}`,
    '',
    `The code: ${type.real}. Below it: ${type.below}. Histories: ${sizes.join(', ')}.`,
    '',
    holds ? 'Everything holds.' : 'Everything holds, but for:',
    ...(holds ? [] : ['', ...but]),
    '',
    '| Step | Call | Tried, how often |',
    '| --- | --- | --- |',
    ...rows(tried),
    '',
  ]
}

function rows(tried: TypeResult['tried']): string[] {
  const calls = [...tried].filter(([, counts]) => counts.size > 0).map(([call, counts]) => ({ call, counts }))
  return steps.flatMap((step) =>
    calls
      .filter(({ call }) => call.startsWith(`${step}: `))
      .map(({ call, counts }) => `| ${step} | ${call.slice(step.length + 2)} | ${listed(counts)} |`),
  )
}

function listed(counts: ReadonlyMap<string, number>): string {
  const named = new Map<string, number>()
  for (const [what, times] of counts) {
    const word = words[what] ?? what
    named.set(word, (named.get(word) ?? 0) + times)
  }
  return [...named]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([word, times]) => `${word} ${times}`)
    .join(', ')
}
