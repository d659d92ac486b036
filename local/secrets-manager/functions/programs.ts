/** A file that a worker thread runs. */
export interface Program {
  readonly path: string
  /** Replaces places in the program by the places in its sources, in a text that the thread has written. */
  positions(text: string): string
}

/** The programs that run functions: a checkout makes them of its sources, and the package has them built. */
export interface Programs {
  /** The program for a module. @throws where there can be none */
  thread(module: string): Promise<Program>
  /** Path of the program of a process; its only argument is the path of the module. */
  readonly process: string
}
