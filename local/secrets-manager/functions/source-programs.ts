import { fileURLToPath } from 'node:url'
import type { Programs } from './programs.ts'
import { sourcePositions } from './stack-positions.ts'
import { threadProgram } from './thread-program.ts'

/** What runs functions in a checkout: a thread gets a bundle of the host and the function, a process the sources. */
export const sourcePrograms: Programs = {
  async thread(module) {
    const path = await threadProgram(module)
    return { path, positions: sourcePositions(path) }
  },
  process: fileURLToPath(new URL('function-process.ts', import.meta.url)),
}
