import { checked, hostProblems, type Problem } from '../../shared/described/problem.ts'
import { say } from '../../shared/errors/words.ts'
import { hostProblem } from '../../shared/http/hosts.ts'
import { type Description, description } from './description.ts'

/**
 * Checks the entry of a provider that was read out of JSON.
 * @param file for the error
 * @throws RotationError InvalidDescription, which names file and member
 */
export function checkedDescription(value: unknown, file: string): Description {
  const remedy = say`Correct the member that is named above; docs/oauth-provider.schema.json says what may stand where.`
  return checked(description, value, file, problems, remedy)
}

function* problems(given: Description): Generator<Problem, void> {
  const endpoints = endpointsOf(given)
  const asksForHost = endpoints.some(([, url]) => /^https:\/\/\{host\}(\/|$)/.test(url))
  if (asksForHost && given.hosts === undefined)
    yield { at: '', what: say`has no "hosts", of which {host} would be one` }
  if (!asksForHost && given.hosts !== undefined) yield { at: '/hosts', what: say`are in no endpoint: {host} would be` }
  if (given.hosts !== undefined) yield* hostProblems(given.hosts)
  for (const [at, url] of endpoints) {
    const host = /^https:\/\/([^/]+)/.exec(url)?.[1] ?? ''
    const what = host === '{host}' ? undefined : hostProblem(host)
    if (what !== undefined) yield { at, what: say`has a host that ${what}` }
    if (/\/\.{1,2}(\/|$)/.test(url)) yield { at, what: say`has a step that is "." or ".."` }
    if (url.slice('https://{host}/'.length).includes('{host}')) yield { at, what: say`has {host} in its path` }
  }
  if (given.consumed_refresh_token_introspects !== undefined && given.introspection_endpoint === undefined) {
    yield { at: '/consumed_refresh_token_introspects', what: say`needs an "introspection_endpoint"` }
  }
  const reserved = ['grant_type', 'refresh_token', 'client_id', 'client_secret', 'client_assertion']
  const taken = Object.keys(given.token_parameters ?? {}).find((name) => reserved.includes(name))
  if (taken !== undefined) yield { at: `/token_parameters/${taken}`, what: say`is not the entry's to say` }
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
