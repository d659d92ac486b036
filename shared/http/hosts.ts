import './error-codes.ts'
import { isIP } from 'node:net'
import { RotationError } from '../errors/rotation-error.ts'
import { joined, ours, say, type Words } from '../errors/words.ts'

/** Where a function may send credentials. All hosts are written as `URL.host` writes them, with the port if it is not 443. */
export interface HostRules {
  /** What the description of the service says: hosts that the request is meant for. */
  readonly described: readonly string[]
  /** What the operator allows this function. */
  readonly allowed: readonly string[]
  /** Those of them that may resolve to addresses of private networks. */
  readonly private: readonly string[]
  /** The variable that lists them, for errors. */
  readonly variable: string
}

/** The entries of a variable, separated by commas or blanks. */
export function listIn(text = ''): string[] {
  return text.split(/[\s,]+/).filter((entry) => entry !== '')
}

/**
 * Reads a list of hosts, separated by commas or blanks.
 * @param name of the variable, for the error
 * @throws RotationError InvalidConfiguration
 */
export function parseHosts(text: string, name: string): string[] {
  const hosts = listIn(text)
  for (const host of hosts) {
    const problem = hostProblem(host)
    if (problem !== undefined)
      throw new RotationError('InvalidConfiguration', say`${ours(name)} has "${host}", which ${problem}.`)
  }
  return hosts
}

/** @returns what is wrong with a host as it is written; undefined for what `URL.host` would write the same */
export function hostProblem(host: string): Words | undefined {
  if (host.includes('://') || host.includes('/'))
    return say`is a URL: only the host is wanted, with its port if it is not 443`
  if (host.includes('@')) return say`has a user in it`
  if (host.includes('*')) return say`is a pattern: each host is listed by itself`
  let normal: string
  try {
    normal = new URL(`https://${host}/`).host
  } catch {
    return say`is no host`
  }
  if (/\.(:\d+)?$/.test(normal)) return say`ends in a dot`
  return normal === host ? undefined : say`must be written "${normal}"`
}

/**
 * Refuses a URL that is not https, or whose host is not listed on both sides, letter by letter.
 * @throws RotationError HostNotAllowed; nothing was sent, and no name was looked up
 */
export function checkUrl(url: URL, rules: HostRules): void {
  const problem = urlProblem(url, rules)
  if (problem === undefined) return
  throw new RotationError('HostNotAllowed', say`A request to ${url.host} ${problem}. Nothing was sent.`, {
    effect: 'none',
  })
}

function urlProblem(url: URL, { described, allowed, variable }: HostRules): Words | undefined {
  if (url.protocol !== 'https:') return say`would go over clear text: only https is allowed`
  if (url.username !== '' || url.password !== '') return say`has a user or a password in its URL`
  if (!described.includes(url.host))
    return say`is not one that the description of the service names (${joined(described)})`
  if (!allowed.includes(url.host)) return say`is not allowed: ${ours(variable)} does not list the host`
  return undefined
}

/** The address that a host is, where it is written as one; undefined for a name. */
export function literalAddress({ hostname }: URL): string | undefined {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1')
  return isIP(bare) === 0 ? undefined : bare
}

/** Whether a text stays one step of a path, whatever server decodes it how often. */
export function isPathStep(text: string): boolean {
  return text !== '.' && text !== '..' && !/[/\\\p{Cc}]/u.test(text) && text.isWellFormed()
}
