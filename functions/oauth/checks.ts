import * as v from 'valibot'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say, type Words } from '../../shared/errors/words.ts'
import { hostProblem } from '../../shared/http/hosts.ts'
import { type Description, description } from './description.ts'

/**
 * Checks the entry of a provider that was read out of JSON.
 * @param file for the error
 * @throws RotationError InvalidDescription, which names file and member
 */
export function checkedDescription(value: unknown, file: string): Description {
  const result = v.safeParse(description, value)
  const problem = result.success ? problems(result.output) : schemaProblem(result.issues[0])
  if (result.success && problem === undefined) return result.output
  const { at, what } = problem ?? { at: '', what: say`cannot be read` }
  throw new RotationError('InvalidDescription', say`${file}: ${at === '' ? ours('the whole') : at} ${what}.`, {
    remedy: say`Correct the member that is named above; docs/oauth-provider.schema.json says what may stand where.`,
  })
}

interface Problem {
  /** A JSON Pointer. */
  readonly at: string
  readonly what: Words
}

function schemaProblem(issue: v.BaseIssue<unknown>): Problem {
  const at = (issue.path ?? []).map(({ key }) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  if (issue.kind === 'schema' && issue.expected === 'never') return { at, what: say`is not known` }
  if (issue.received === 'undefined') return { at, what: say`is missing` }
  return { at, what: say`is not as it must be` }
}

function problems(given: Description): Problem | undefined {
  const endpoints = endpointsOf(given)
  const asksForHost = endpoints.some(([, url]) => /^https:\/\/\{host\}(\/|$)/.test(url))
  if (asksForHost && given.hosts === undefined)
    return { at: '', what: say`has no "hosts", of which {host} would be one` }
  if (!asksForHost && given.hosts !== undefined) return { at: '/hosts', what: say`are in no endpoint: {host} would be` }
  const hosts = given.hosts === 'self-hosted' || given.hosts === undefined ? [] : given.hosts
  for (const [index, host] of hosts.entries()) {
    const what = hostProblem(host)
    if (what !== undefined) return { at: `/hosts/${index}`, what }
  }
  for (const [at, url] of endpoints) {
    const host = /^https:\/\/([^/]+)/.exec(url)?.[1] ?? ''
    const what = host === '{host}' ? undefined : hostProblem(host)
    if (what !== undefined) return { at, what: say`has a host that ${what}` }
    if (/\/\.{1,2}(\/|$)/.test(url)) return { at, what: say`has a step that is "." or ".."` }
    if (url.slice('https://{host}/'.length).includes('{host}')) return { at, what: say`has {host} in its path` }
  }
  if (given.consumed_refresh_token_introspects !== undefined && given.introspection_endpoint === undefined) {
    return { at: '/consumed_refresh_token_introspects', what: say`needs an "introspection_endpoint"` }
  }
  const reserved = ['grant_type', 'refresh_token', 'client_id', 'client_secret', 'client_assertion']
  const taken = Object.keys(given.token_parameters ?? {}).find((name) => reserved.includes(name))
  return taken === undefined ? undefined : { at: `/token_parameters/${taken}`, what: say`is not the entry's to say` }
}

/** All endpoints of an entry, each with the pointer to it. */
export function endpointsOf(given: Description): (readonly [string, string])[] {
  const { token_endpoint, introspection_endpoint, audience, probe } = given
  return Object.entries({
    token_endpoint,
    introspection_endpoint,
    audience,
    'probe/endpoint': probe?.endpoint,
  }).flatMap(([name, url]) => (url === undefined ? [] : [[`/${name}`, url] as const]))
}
