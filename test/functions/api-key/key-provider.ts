import { request } from 'node:https'
import type { HttpsFront, Spoilt } from '../../../local/servers/https-front.ts'

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

/** The time in all marks is another one: it is in seconds, to the base 36. */
export function retimed(text: string, change: (time: number) => number): string {
  return text.replaceAll(
    /(keyturn-[a-z2-7]{10}-)([0-9a-z]{7})/g,
    (_, mark: string, time: string) => `${mark}${change(Number.parseInt(time, 36)).toString(36).padStart(7, '0')}`,
  )
}

/** All marked keys look as if they had been made an hour ago. */
export function hourOlder(text: string): string {
  return retimed(text, (time) => time - 3_600)
}

export const anHourAgo: Spoilt = { change: (said) => ({ ...said, body: hourOlder(said.body ?? '') }) }
