import { fileURLToPath } from 'node:url'
import type { Programs } from './programs.ts'
import { sourcePositions } from './stack-positions.ts'
import { threadProgram } from './thread-program.ts'

/** The programs of a checkout: a thread runs a bundle of the host and the function, a process runs the sources. */
export const sourcePrograms: Programs = {
  async thread(module) {
    const path = await threadProgram(module)
    return { path, positions: sourcePositions(path) }
  },
  process: fileURLToPath(new URL('function-process.ts', import.meta.url)),
}
