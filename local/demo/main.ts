import { styleText } from 'node:util'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { type CommandLine, commandLine } from '../command-line.ts'
import { discoverFunctions } from '../functions.ts'
import type { StepEnded } from '../invocation.ts'
import { startLocalSecretsManager } from '../secrets-manager.ts'
import { startPostgresDemo } from './postgres.ts'
import { asJson, resultTable } from './results.ts'
import { type Shown, show } from './scenario.ts'

const help = `Rotates real logins while an application queries with them, and shows what happens.

  npm run demo
  npm run --silent demo -- --json     one line of JSON for each function
  npm run demo -- --help              this text

It starts a PostgreSQL and a Secrets Manager on 127.0.0.1 and ends them again. Exit code 0: all went as promised;
1: something did not; 2: wrong arguments.
`

const cli: CommandLine = commandLine('npm run demo', help)
const { json } = cli.parse({
  options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
}).values
const say = (line: string) => {
  if (!json) process.stdout.write(`${line}\n`)
}
const bold = (text: string) => styleText('bold', text, { stream: process.stdout })

// So that what ends the demo early ends its servers, too.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

const listeners = new Set<(step: StepEnded) => void>()
say('Starting PostgreSQL and Secrets Manager on this machine ...')
await using server = await startPostgresDemo()
const env = { DATABASE_CA_BUNDLE: server.ca }
const modules = await discoverFunctions()
await using local = await startLocalSecretsManager({
  functions: Object.fromEntries(Object.entries(modules).map(([id, module]) => [id, { module, env }])),
  retryDelaysMs: [],
  onStep(step) {
    if (step.phase === 'ended') for (const listener of listeners) listener(step)
  },
})
const credentials = { accessKeyId: 'demo', secretAccessKey: 'demo' }
const secretsManager = new SecretsManagerClient({ endpoint: local.endpoint, region: 'us-east-1', credentials })

const results: Shown[] = []
for (const demonstration of server.demonstrations) {
  const { functionId, summary } = demonstration
  say(`\n${bold(functionId)} on ${server.title}: ${summary}`)
  const onStep = (listener: (step: StepEnded) => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  const shown = await show(demonstration, { local, server, secretsManager, say, onStep })
  results.push(shown)
  if (json) process.stdout.write(`${asJson(shown)}\n`)
}
say(`\n${resultTable(results)}`)

const surprises = results.flatMap((shown) => shown.surprises)
for (const surprise of surprises) process.stderr.write(`${surprise}\n`)
say(surprises.length === 0 ? '\nAll went as promised.' : `\n${surprises.length} things did not go as promised.`)
process.exitCode = surprises.length === 0 ? 0 : 1
secretsManager.destroy()
