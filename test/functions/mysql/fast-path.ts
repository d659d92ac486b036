import { createHash } from 'node:crypto'
import { connected, type TestServer } from '../../support/mysql.ts'
import type { TestLogin } from '../../support/test-server.ts'

const sha256 = (...parts: readonly Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest()

/**
 * Logs in without TLS and without asking for the server's key, as clients do whose driver forbids that: it works only
 * while the server has the password in its cache (MySQL manual, "Caching SHA-2 Pluggable Authentication").
 */
export async function fastLogin({ host, port }: TestServer, { username, password }: TestLogin): Promise<boolean> {
  let asked = false
  // Without TLS, the message after the scramble is the server's verdict on the fast way.
  const plugin = () => async (data: Buffer) => {
    if (asked && data[0] === 3) return null as unknown as Buffer
    if (asked) throw new Error('the server asks for the whole password')
    asked = true
    const once = sha256(Buffer.from(password))
    const mask = sha256(sha256(once), data.subarray(0, 20))
    return Buffer.from(once.map((byte, index) => byte ^ (mask[index] ?? 0)))
  }
  try {
    const authPlugins = { caching_sha2_password: plugin }
    await using client = await connected({ host, port, user: username, password, authPlugins })
    await client.query('SELECT 1')
    return true
  } catch {
    return false
  }
}
