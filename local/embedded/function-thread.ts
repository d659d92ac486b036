/** The program of a function's thread: it imports the module of its workerData at the first invocation. */
import { pathToFileURL } from 'node:url'
import { workerData } from 'node:worker_threads'
import { serve } from '../secrets-manager/functions/function-host.ts'

const { module } = workerData as { readonly module: string }
serve(() => import(pathToFileURL(module).href))
