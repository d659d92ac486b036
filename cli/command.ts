import { type ParseArgsConfig, parseArgs } from 'node:util'
import type { Connection } from './aws/connection.ts'
import { UsageError } from './failures.ts'
import type { Terminal } from './terminal.ts'

/** The process's exit codes: all is well, something needs attention, wrong arguments, AWS could not be asked. */
export const exitCodes = { fine: 0, attention: 1, usage: 2, unanswered: 3 } as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The options of every command. `--json` prints one line of JSON for each fact, for programs. */
const common = {
  json: { type: 'boolean', default: false },
  profile: { type: 'string' },
  region: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const satisfies Options

type Options = NonNullable<ParseArgsConfig['options']>
type Values<O extends Options> = ReturnType<
  typeof parseArgs<{ readonly options: O & typeof common; readonly allowPositionals: true }>
>['values']

/** The arguments and surroundings with which a command runs. */
export interface Given<O extends Options> {
  readonly values: Values<O>
  /** The arguments that are no options: names or ARNs of secrets. */
  readonly names: readonly string[]
  readonly terminal: Terminal
  /** The profile and the Region to ask AWS with. */
  readonly connection: Connection
}

export interface Command {
  /** @throws UsageError, and CannotAsk where AWS could not be asked; `main.ts` prints both */
  run(args: readonly string[], terminal: Terminal): Promise<ExitCode>
}

/** A subcommand, as its file defines it. */
export interface Definition<O extends Options> {
  readonly options: O
  /** The text of `--help`: what the subcommand does, its options, its exit codes, and an example. */
  readonly help: string
  run(given: Given<O>): Promise<ExitCode>
}

/** Makes a subcommand of its definition. It reads its own arguments, and the definition alone says which there are. */
export function command<const O extends Options>({ options, help, run }: Definition<O>): Command {
  return {
    async run(args, terminal) {
      const { values, positionals } = parsed({ ...common, ...options }, args)
      const { help: asksForHelp, profile, region } = values as Values<Options>
      if (asksForHelp === true) {
        terminal.print(`${help.trimEnd()}\n${commonHelp}`)
        return exitCodes.fine
      }
      return run({ values: values as Values<O>, names: positionals, terminal, connection: { profile, region } })
    },
  }
}

const commonHelp = `
  --profile NAME  a profile of AWS's configuration, --region REGION a Region; else what the AWS CLI would take
  --json          one line of JSON for each fact, for programs
  --help          this text

AWS_ENDPOINT_URL=http://127.0.0.1:4580 makes it ask a Secrets Manager of this machine. In a checkout: npm run -s keyturn -- COMMAND`

function parsed(options: Options, args: readonly string[]) {
  try {
    return parseArgs({ options, args: [...args], allowPositionals: true })
  } catch (error) {
    // Node's second sentence is about arguments that begin with a dash.
    const message = error instanceof Error ? error.message.replace(/ To specify a positional.*$/s, '') : String(error)
    throw new UsageError(message)
  }
}

/** The one secret that a command is about. @throws UsageError */
export function oneSecret(names: readonly string[]): string {
  const [name, ...more] = names
  if (name === undefined || more.length > 0) throw new UsageError('Give the name or the ARN of one secret.')
  return name
}
