/** The program of a function's process. Its only argument is the path of the module. */
import { pathToFileURL } from 'node:url'
import { serve } from './function-host.ts'

serve(() => import(pathToFileURL(String(process.argv[2])).href))
// The process that started this one has ended, killed perhaps: a function that hangs must not stay behind.
process.once('disconnect', () => process.exit())
