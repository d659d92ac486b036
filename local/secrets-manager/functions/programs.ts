/** A file that a worker thread runs. */
export interface Program {
  readonly path: string
  /** Puts the places of the sources into what the thread has said. */
  positions(text: string): string
}

/** What functions are run by: the sources of a checkout, or what was built of them. */
export interface Programs {
  /** The program for a module. @throws where there can be none */
  thread(module: string): Promise<Program>
  /** Path of what a process runs; its only argument is the path of the module. */
  readonly process: string
}
