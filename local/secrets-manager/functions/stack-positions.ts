import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { dirname, resolve } from 'node:path'

/**
 * Replaces places in a thread's program by the places in its TypeScript. Done here and not by
 * Node (`--enable-source-maps`), which would parse the map at each start of a thread: that takes longer than all the rest.
 * @param program path of a program whose source map lies beside it
 */
export function sourcePositions(program: string): (text: string) => string {
  const place = new RegExp(`${RegExp.escape(program)}:(\\d+):(\\d+)`, 'g')
  let map: SourceMap | undefined
  return (text) => {
    if (!text.includes(program)) return text
    map ??= new SourceMap(JSON.parse(readFileSync(`${program}.map`, 'utf8')))
    const known = map
    return text.replaceAll(place, (whole, line: string, column: string) => {
      const origin = known.findOrigin(Number(line), Number(column))
      if (!('fileName' in origin)) return whole
      return `${resolve(dirname(program), origin.fileName)}:${origin.lineNumber}:${origin.columnNumber}`
    })
  }
}
