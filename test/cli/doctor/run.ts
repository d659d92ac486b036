import { stripVTControlCharacters } from 'node:util'
import type { Terminal } from '../../../cli/terminal.ts'

/** What a command has printed, and what it ended with. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly said: string
  /** The lines of --json. */
  readonly json: readonly Readonly<Record<string, unknown>>[]
}

/** Runs a subcommand in this process, as a pipe gets it. */
export async function ran(
  command: { run(args: readonly string[], terminal: Terminal): Promise<number> },
  args: readonly string[],
  confirm: (question: string) => boolean = () => false,
): Promise<Ran> {
  const out: string[] = []
  const said: string[] = []
  const code = await command.run(args, {
    print: (text) => out.push(text),
    note: (text) => said.push(text),
    progress: () => undefined,
    paint: (_style, text) => text,
    confirm: async (question) => confirm(question),
  })
  const json = args.includes('--json') ? out.map((line) => JSON.parse(line)) : []
  return { code, out: stripVTControlCharacters(out.join('\n')), said: said.join('\n'), json }
}
