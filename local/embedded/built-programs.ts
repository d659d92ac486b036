import { join } from 'node:path'
import type { Programs } from '../secrets-manager/functions/programs.ts'
import { type FunctionName, functionFiles } from './function-names.ts'

/** The programs that lie beside `local.js` in the package: each imports the module that it is given. */
export const builtPrograms: Programs = {
  thread: async () => ({ path: join(import.meta.dirname, 'function-thread.mjs'), positions: (text) => text }),
  process: join(import.meta.dirname, 'function-process.mjs'),
}

/** The package's file with the code of one of Keyturn's functions. */
export const builtFunction = (name: FunctionName) =>
  join(import.meta.dirname, 'functions', `${functionFiles[name]}.mjs`)
