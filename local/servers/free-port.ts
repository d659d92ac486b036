import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * A port that nobody listens on at the moment.
 * @param host an IPv4 address of this machine
 * @throws Error with the code EADDRNOTAVAIL where this machine has no such address
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const probe = createServer().listen(0, host)
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no free port')
  return address.port
}
