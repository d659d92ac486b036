import * as v from 'valibot'
import { RotationError } from '../errors/rotation-error.ts'
import { ours, say, type Words } from '../errors/words.ts'
import { hostProblem } from '../http/hosts.ts'

/** A problem of a description, and where: a JSON Pointer. */
export interface Problem {
  readonly at: string
  readonly what: Words
}

/**
 * Checks a description that was read out of JSON: by its schema, then for what a schema cannot say.
 * @param file for the error
 * @throws RotationError InvalidDescription, which names file and member
 */
export function checked<const S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  file: string,
  problems: (description: v.InferOutput<S>) => Generator<Problem, void>,
  remedy?: Words,
): v.InferOutput<S> {
  const result = v.safeParse(schema, value)
  const problem = result.success ? problems(result.output).next().value : schemaProblem(result.issues[0])
  if (problem === undefined) return result.output
  const { at, what } = problem
  const where = at === '' ? ours('the whole') : at
  throw new RotationError('InvalidDescription', say`${file}: ${where} ${what}.`, remedy && { remedy })
}

function schemaProblem(issue: v.BaseIssue<unknown>): Problem {
  const at = (issue.path ?? []).map(({ key }) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  if (issue.kind === 'schema' && issue.expected === 'never') return { at, what: say`is not known` }
  if (issue.received === 'undefined') return { at, what: say`is missing` }
  return { at, what: say`is not as it must be` }
}

/** What is wrong with the hosts of a description. */
export function* hostProblems(hosts: 'self-hosted' | readonly string[]): Generator<Problem, void> {
  if (hosts === 'self-hosted') return
  for (const [index, host] of hosts.entries()) {
    const what = hostProblem(host)
    if (what !== undefined) yield { at: `/hosts/${index}`, what }
  }
}
