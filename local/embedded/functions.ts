import { statSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RotationFunction } from '../secrets-manager/functions/invocation.ts'
import type { LambdaSettings } from '../secrets-manager/functions/lambda-runtime.ts'
import { builtFunction } from './built-programs.ts'
import { type FunctionName, functionNames } from './function-names.ts'
import type { FunctionOption, KeyturnFunction } from './function-option.ts'
import { inThisProcess } from './in-process.ts'
import { refuse, refuseUnknown } from './refusals.ts'

/**
 * Makes the functions that the local Secrets Manager can invoke: Keyturn's own, and those that the options add or put in their
 * place.
 * @throws Error where an entry can't be meant
 */
export function functionsFor({
  functions = {},
  env = {},
}: {
  readonly functions?: Readonly<Record<string, FunctionOption>>
  readonly env?: Readonly<Record<string, string>>
}): Record<string, LambdaSettings | RotationFunction> {
  const own: readonly (readonly [string, FunctionOption])[] = Object.entries(functions)
  const all: readonly (readonly [string, FunctionOption])[] = [
    ...functionNames.map((name) => [name, { keyturn: name }] as const),
    ...own,
  ]
  return Object.fromEntries(all.map(([id, wanted]) => [id, functionFor(id, wanted, env)]))
}

function functionFor(id: string, wanted: FunctionOption, env: Readonly<Record<string, string>>) {
  // Lambda's own rule (API reference, CreateFunction).
  if (!/^[\w-]{1,64}$/.test(id)) refuse(id, 'is no name of a function: letters, digits, - and _, 64 at most.')
  if (typeof wanted === 'function') return inThisProcess(id, wanted, 30_000)
  if (typeof wanted !== 'object' || wanted === null)
    refuse(
      id,
      `is ${wanted === null ? 'null' : typeof wanted}: it takes a function, { handler: FILE } or { keyturn: NAME }.`,
    )
  refuseUnknown(`functions.${id}`, wanted, [...('keyturn' in wanted ? ['keyturn'] : ['handler']), 'env', 'timeoutMs'])
  const { timeoutMs = 30_000 } = wanted
  if (!(timeoutMs > 0 && timeoutMs <= 2 ** 31 - 1)) refuse(id, `has timeoutMs: ${timeoutMs}, which is no time to wait.`)
  if ('keyturn' in wanted) return keyturnFunction(id, wanted, timeoutMs, env)
  const { handler } = wanted
  if (typeof handler === 'function') return inThisProcess(id, handler, timeoutMs)
  const module = pathOf(id, handler)
  // Threads that strip types end the whole process now and then (nodejs/node#64500).
  const runIn = /^\.[cm]?tsx?$/.test(extname(module)) ? ('process' as const) : ('thread' as const)
  return { module, timeoutMs, runIn, env: wanted.env ?? {} }
}

function keyturnFunction(
  id: string,
  { keyturn, env = {} }: KeyturnFunction,
  timeoutMs: number,
  common: Readonly<Record<string, string>>,
): LambdaSettings {
  if (!functionNames.includes(keyturn as FunctionName)) {
    refuse(id, `wants ${JSON.stringify(keyturn)} of Keyturn, which has: ${functionNames.join(', ')}.`)
  }
  return { module: builtFunction(keyturn), timeoutMs, env: { ...common, ...env } }
}

function pathOf(id: string, handler: string | { readonly href: string }): string {
  const given: unknown = typeof handler === 'object' ? handler?.href : handler
  if (typeof given !== 'string')
    refuse(id, "has no handler: a file that exports one, or a function. Keyturn's own are { keyturn: NAME }.")
  const path = /^file:/.test(given) ? fileURLToPath(given) : resolve(given)
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) refuse(id, `has a handler that is no file: ${path}.`)
  return path
}
