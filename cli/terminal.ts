import { createInterface } from 'node:readline/promises'
import { stripVTControlCharacters, styleText } from 'node:util'

export type Style = 'green' | 'red' | 'yellow' | 'bold' | 'dim'

/** The terminal: the answer goes to stdout, everything else to stderr. */
export interface Terminal {
  /** A line of the answer. */
  print(text: string): void
  /** A line besides the answer, which a pipe does not get. */
  note(text: string): void
  /** Shows what is going on in a line that the next one replaces, on a terminal only. Undefined removes the line. */
  progress(text: string | undefined): void
  /** Colours for the answer: on a terminal only, and not with NO_COLOR. */
  paint(style: Style, text: string): string
  /** Asks a question. @returns whether the answer is yes; false where nobody can be asked */
  confirm(question: string): Promise<boolean>
}

/** The terminal, pipe or file that the process writes to. */
export function processTerminal({ stdin, stdout, stderr }: NodeJS.Process): Terminal {
  let shown = false
  const clear = () => {
    if (shown) stderr.write('\r\u001b[K')
    shown = false
  }
  return {
    print(text) {
      clear()
      stdout.write(`${text}\n`)
    },
    note(text) {
      clear()
      stderr.write(`${text}\n`)
    },
    progress(text) {
      if (!stderr.isTTY) return
      clear()
      if (text === undefined) return
      stderr.write(styleText('dim', text.slice(0, (stderr.columns || 80) - 1), { stream: stderr }))
      shown = true
    },
    paint: (style, text) => styleText(style, text, { stream: stdout }),
    async confirm(question) {
      clear()
      if (!stdin.isTTY) return false
      const lines = createInterface({ input: stdin, output: stderr })
      const answer = await lines.question(`${question} [y/N] `).catch(() => '')
      lines.close()
      return /^y(es)?$/i.test(answer.trim())
    },
  }
}

/**
 * Makes a text of others harmless: removes the controls that a terminal would obey (colours, jumps, bells). Line ends become
 * spaces.
 */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are removed
  return stripVTControlCharacters(text).replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
}
