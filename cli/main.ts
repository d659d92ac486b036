import { type ExitCode, exitCodes } from './command.ts'
import { commands } from './commands.ts'
import { CannotAsk, UsageError } from './failures.ts'
import { plain, processTerminal, type Terminal } from './terminal.ts'

const width = Math.max(...Object.keys(commands).map((name) => name.length))
const help = `keyturn starts, watches and explains rotations of secrets in AWS Secrets Manager.

  keyturn COMMAND [SECRET] [options]

${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  .join('\n')}

"keyturn help COMMAND" has the options and an example. Every command ends with 0 where all is well, 1 where something
needs attention, 2 for wrong arguments, 3 where AWS could not be asked. No command reads the value of a secret,
unless an option says so.

Example:
  keyturn status`

async function run([first, ...rest]: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [name, args] = first === 'help' && rest[0] !== undefined ? [rest[0], ['--help']] : [first, rest]
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    terminal.print(help)
    return exitCodes.fine
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (entry === undefined) {
    terminal.note(`There is no command ${JSON.stringify(name)}. There is: ${Object.keys(commands).join(', ')}.`)
    return exitCodes.usage
  }
  try {
    return await (await entry.load()).default.run(args, terminal)
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.note(`${error.message}\n"keyturn ${name} --help" says what can be given.`)
      return exitCodes.usage
    }
    // Without this Node would end with 1, which is an answer of keyturn.
    terminal.note(
      error instanceof CannotAsk ? error.message : `A defect of keyturn, please report it: ${stackOf(error)}`,
    )
    return exitCodes.unanswered
  } finally {
    terminal.progress(undefined)
  }
}

function stackOf(error: unknown): string {
  return plain(error instanceof Error ? (error.stack ?? error.message) : String(error))
}

// The program that read the answer has ended.
process.stdout.once('error', () => process.exit())
process.exitCode = await run(process.argv.slice(2), processTerminal(process))
