import { discoverFunctions, shellVariables } from '../functions.ts'
import { lambdaAt } from '../secrets-manager/functions/lambda-endpoint.ts'
import { startLocalSecretsManager } from '../secrets-manager/start.ts'
import { addressRule, isNearby } from './addresses.ts'
import { type CommandLine, commandLine } from './command-line.ts'
import { heldFolder, holdIn } from './hold.ts'
import { forPeople, forPrograms } from './report.ts'

const help = `Secrets Manager for a laptop: AWS's API on 127.0.0.1, with the rotation functions of this repository.

  npm run local -- [--host ADDRESS] [--name NAME] [--port N] [--hold | --lambda-endpoint URL] [--json | --logs]

  --host ADDRESS
             the address to listen on instead of 127.0.0.1: that of Docker's bridge, for functions in containers
  --name NAME
             a further name that requests may ask for, besides localhost, host.docker.internal and its address: pages
             in a browser could read secrets under another one. May be given more than once
  --port N   the port to listen on; 4580 unless given, 0 for any free one
  --lambda-endpoint URL
             rotate-secret invokes the functions through Lambda's API there: http://127.0.0.1:3001 for
             sam local start-lambda
  --hold     rotate-secret writes the events to ${heldFolder}/ instead of invoking the function;
             npm run invoke -- FUNCTION FILE invokes one of them
  --json     one line of JSON when it is ready, and one for each event; the functions' logs go to stderr
  --logs     the functions' logs, too: one line of JSON for each step, and its metrics
  --help     this text

It keeps its state in memory: its secrets are gone when it ends. A client finds its secrets and functions in its own Region.
Environment variables of this shell reach the functions; of AWS_* only the addresses of other services, such as
AWS_ENDPOINT_URL_IAM.

Example:
  npm run local
  # in another terminal, after the export line that it prints:
  aws secretsmanager create-secret --name demo --secret-string first
  aws secretsmanager rotate-secret --secret-id demo \\
    --rotation-lambda-arn arn:aws:lambda:us-east-1:000000000000:function:GeneratedValue \\
    --rotation-rules AutomaticallyAfterDays=30 --no-rotate-immediately
  aws secretsmanager rotate-secret --secret-id demo
  aws secretsmanager get-secret-value --secret-id demo
`

const cli: CommandLine = commandLine('npm run local', help)
const { values } = cli.parse({
  options: {
    port: { type: 'string', default: '4580' },
    host: { type: 'string', default: '127.0.0.1' },
    name: { type: 'string', multiple: true, default: [] },
    hold: { type: 'boolean', default: false },
    'lambda-endpoint': { type: 'string' },
    json: { type: 'boolean', default: false },
    logs: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const { port, host, name: names, hold, json, logs, 'lambda-endpoint': lambdaEndpoint } = values
if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
  cli.fail(`--port takes a number from 0 to 65535, not "${port}".`, 2)
if (!isNearby(host)) cli.fail(`--host takes ${addressRule}, not "${host}".`, 2)
if (lambdaEndpoint !== undefined && !/^https?:\/\/[^/@]+\/?$/.test(lambdaEndpoint)) {
  cli.fail(`--lambda-endpoint takes a URL such as http://127.0.0.1:3001, not "${lambdaEndpoint}".`, 2)
}
const badName = names.find((name) => !/^[a-z0-9.-]{1,253}$/i.test(name))
if (badName !== undefined) cli.fail(`--name takes a host name without a port, not "${badName}".`, 2)
if (hold && lambdaEndpoint !== undefined) cli.fail('--hold invokes nothing, so --lambda-endpoint goes without it.', 2)

const report = json ? forPrograms : forPeople
const say = (text: string | undefined) => {
  if (text !== undefined) process.stdout.write(`${text}\n`)
}
const modules = await discoverFunctions()
const env = shellVariables()
const lambda = (id: string, module: string) =>
  lambdaEndpoint === undefined ? { module, env } : lambdaAt(lambdaEndpoint, id)
const local = await startLocalSecretsManager({
  port: Number(port),
  host,
  names,
  functions: Object.fromEntries(Object.entries(modules).map(([id, module]) => [id, lambda(id, module)])),
  onStep: (step) => say(report.step(step)),
  onLog: ({ text }) => void ((json || logs) && process.stderr.write(text)),
  ...(hold ? { hold: holdIn(heldFolder, (held) => say(report.held(held, local.endpoint))) } : {}),
}).catch((error: unknown) => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE')
    return cli.fail(`Port ${port} is in use. Another one: npm run local -- --port N (0: any free one).`, 1)
  return cli.fail(`Secrets Manager could not be started: ${error instanceof Error ? error.message : error}`, 1)
})
local.events.subscribe((event) => say(report.event(event)))

async function end() {
  await local.close()
  process.exit(0)
}
process.once('SIGINT', end)
process.once('SIGTERM', end)
// The program that read the output has ended.
process.stdout.once('error', end)
say(report.ready(local))
