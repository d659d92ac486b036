import { connect } from 'node:net'
import ssh2 from 'ssh2'
import type { LogIn } from '../target.ts'

/** A login and nothing else: the cost of a rotation that has no file to change. */
export const logIn: LogIn = async (value) => {
  const { host = '', port, username = '', private_key: privateKey = '' } = value as Readonly<Record<string, string>>
  const client = new ssh2.Client()
  const sock = connect({ host, port: Number(port), noDelay: true })
  await new Promise<void>((resolve, reject) => {
    client.on('error', reject)
    client.once('ready', () => resolve())
    client.connect({ sock, username, privateKey, authHandler: ['publickey'], hostVerifier: () => true })
  })
  return { call: async () => undefined, end: async () => client.end() }
}
