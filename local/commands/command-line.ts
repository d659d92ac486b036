import { type ParseArgsConfig, parseArgs } from 'node:util'

/** How the commands of this repository take their options and refuse what they cannot use. */
export interface CommandLine {
  /** Gives the options of the command line. Ends the process after printing the help (0), or a sentence about what is wrong (2). */
  parse<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>>
  /** Ends the process with a sentence; 2, the default, is for wrong arguments and points to the help. */
  fail(message: string, exitCode?: 1 | 2): never
}

/**
 * @param command as people type it, for instance `npm run local`
 * @param help the text of `--help`, which is to be among the options
 */
export function commandLine(command: string, help: string): CommandLine {
  function fail(message: string, exitCode: 1 | 2 = 2): never {
    process.stderr.write(`${message}\n${exitCode === 2 ? `${command} -- --help says what can be given.\n` : ''}`)
    process.exit(exitCode)
  }
  return {
    fail,
    parse(config) {
      const parsed = (() => {
        try {
          return parseArgs(config)
        } catch (error) {
          // Node's second sentence is about arguments that begin with a dash.
          return fail(
            error instanceof Error ? error.message.replace(/ To specify a positional.*$/s, '') : String(error),
          )
        }
      })()
      if ('help' in parsed.values && parsed.values.help === true) {
        process.stdout.write(help)
        process.exit(0)
      }
      return parsed
    },
  }
}
