import { join } from 'node:path'
import type { Programs } from '../secrets-manager/functions/programs.ts'
import { type FunctionName, functionFiles } from './function-names.ts'

/** What the package has beside its `local.js`: programs that import the module which they are given. */
export const builtPrograms: Programs = {
  thread: async () => ({ path: join(import.meta.dirname, 'function-thread.mjs'), positions: (text) => text }),
  process: join(import.meta.dirname, 'function-process.mjs'),
}

/** Where the package has the code of one of Keyturn's functions: a file of the name that its handler has on Lambda. */
export const builtFunction = (name: FunctionName) =>
  join(import.meta.dirname, 'functions', `${functionFiles[name]}.mjs`)
