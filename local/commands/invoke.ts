import { readFile } from 'node:fs/promises'
import { styleText } from 'node:util'
import { discoverFunctions, shellVariables } from '../functions.ts'
import { regionIn } from '../secrets-manager/arns.ts'
import { runLambda } from '../secrets-manager/functions/lambda.ts'
import { type CommandLine, commandLine } from './command-line.ts'
import { doneIn } from './done.ts'

const help = `Invokes one rotation function with one event, in a process of its own, and says what came of it.

  npm run invoke -- FUNCTION FILE [--endpoint URL] [--json | --logs]

  FUNCTION        its id: PostgresSingleUser, …
  FILE            the event, as JSON; npm run local -- --hold writes such files
  --endpoint URL  where Secrets Manager is; unless given AWS_ENDPOINT_URL_SECRETS_MANAGER,
                  AWS_ENDPOINT_URL, or http://127.0.0.1:4580
  --json          the outcome as one line of JSON; what the function logs goes to stderr
  --logs          what the function logs, too
  --help          this text

Exit code: 0 the step succeeded, 1 it failed, 2 it could not be invoked.

Example:
  npm run invoke -- PostgresSingleUser .keyturn/held/app-db/create-secret.json
`

const cli: CommandLine = commandLine('npm run invoke', help)
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

const { AWS_ENDPOINT_URL_SECRETS_MANAGER: ofSecretsManager, AWS_ENDPOINT_URL: ofAll } = process.env
const endpoint = ofSecretsManager || ofAll || 'http://127.0.0.1:4580'
const { values, positionals } = cli.parse({
  allowPositionals: true,
  options: {
    endpoint: { type: 'string', default: endpoint },
    json: { type: 'boolean', default: false },
    logs: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const [id, file, ...more] = positionals
if (id === undefined || file === undefined || more.length > 0) cli.fail('Give a function and a file.')
if (!URL.canParse(values.endpoint)) cli.fail(`--endpoint takes a URL, not "${values.endpoint}".`)
const functions = await discoverFunctions()
const module = functions[id]
if (module === undefined)
  cli.fail(`There is no function ${id}. There is: ${Object.keys(functions).join(', ') || 'none'}.`)
const text = await readFile(file, 'utf8').catch((error: unknown) =>
  cli.fail(`${file} can't be read: ${messageOf(error)}`),
)
const event = ((): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message would quote the file, which holds a RotationToken.
    return cli.fail(`${file} is not JSON.`)
  }
})()

await fetch(values.endpoint, { method: 'POST' }).catch(() =>
  cli.fail(
    `Nothing answers at ${values.endpoint}. Start "npm run local -- --hold", or name another place with --endpoint.`,
  ),
)

const settings = { module, env: shellVariables(), runIn: 'process' } as const
const log = (line: { text: string }) => void ((values.json || values.logs) && process.stderr.write(line.text))
const lambda = runLambda(id, settings, () => values.endpoint, log)
const began = performance.now()
// The function asks Secrets Manager in the Region of the secret.
const { SecretId } = (event ?? {}) as { readonly SecretId?: unknown }
const outcome = await lambda.invoke(event, regionIn(String(SecretId)))
const durationMs = Math.round(performance.now() - began)
await lambda.close()

if (values.json) {
  const { logs: _, ...rest } = outcome
  process.stdout.write(`${JSON.stringify({ functionId: id, durationMs, ...rest })}\n`)
} else if (outcome.ok) {
  const done = doneIn(outcome.logs)
  const ok = styleText('green', 'ok', { stream: process.stdout })
  process.stdout.write(`${ok}  ${id}  ${durationMs} ms${done === '' ? '' : `  ${done}`}\n`)
} else {
  const { errorType, errorMessage } = outcome.error
  const failed = styleText('red', 'failed', { stream: process.stdout })
  process.stdout.write(`${failed}  ${id}  ${durationMs} ms  ${errorType}: ${errorMessage}\n`)
}
process.exitCode = outcome.ok ? 0 : 1
