import type { IncomingHttpHeaders } from 'node:http'
import { isIPv4 } from 'node:net'

/** The name under which containers reach their host (Docker manual, "Networking": Docker Desktop, and --add-host on Linux). */
const fromContainers = 'host.docker.internal'

/**
 * Says why a request is not answered. Clients need no password, so a page in a browser must not be among
 * them: neither under a name of its own for this address (DNS rebinding), which the header Host shows, nor as another site,
 * which Origin and Sec-Fetch-Site show. SDKs send neither of these.
 * @param names further names of the server: the address it listens on, and names that were given
 * @returns a sentence for the client; undefined where the request is welcome
 */
export function whyUnwelcome(headers: IncomingHttpHeaders, names: readonly string[]): string | undefined {
  const { host = '', origin, 'sec-fetch-site': site } = headers
  const name = hostName(host)
  if (!isOwnName(name, names)) {
    const known = ['localhost', fromContainers, ...names].join(', ')
    return `This Secrets Manager is called 127.0.0.1, ${known}, and not ${JSON.stringify(name.slice(0, 255))}. If that is its name too, start it with --name.`
  }
  if (origin !== undefined && !isOrigin(origin, host))
    return `This Secrets Manager does not answer pages of other sites (Origin ${JSON.stringify(origin.slice(0, 255))}).`
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return `This Secrets Manager does not answer pages of other sites (Sec-Fetch-Site ${JSON.stringify(String(site).slice(0, 255))}).`
  return undefined
}

/** The name in a header Host, without the port. */
function hostName(host: string): string {
  return host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
}

function isOwnName(name: string, names: readonly string[]): boolean {
  if (name === 'localhost' || name.endsWith('.localhost') || name === fromContainers || name === '::1') return true
  return (isIPv4(name) && name.startsWith('127.')) || names.some((known) => known.toLowerCase() === name)
}

/** Whether an Origin is that of the server itself, under the name by which it was asked. */
function isOrigin(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase()
}
