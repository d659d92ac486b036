import { request } from 'node:https'
import type { HttpsFront } from '../../../local/servers/https-front.ts'

/** Whether the provider lets somebody in with a key. */
export async function letsIn({ host, certificate }: HttpsFront, key: string): Promise<boolean> {
  const status = await new Promise<number>((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}` }
    request(`https://${host}/me`, { ca: certificate, headers, agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
      .once('error', reject)
      .end()
  })
  return status === 200
}
