import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { connect } from '../../../shared/mysql-family/connection.ts'
import { contextFor } from './connection.ts'

/** Sends "access denied" to everybody, before anything is encrypted (MySQL manual, "ERR_Packet"). */
async function refuseAll() {
  const text = Buffer.from('#28000Access denied')
  const payload = Buffer.concat([Buffer.from([0xff, 1045 & 0xff, 1045 >> 8]), text])
  const packet = Buffer.concat([Buffer.from([payload.length, 0, 0, 0]), payload])
  const server = createServer((socket) => socket.on('error', () => undefined).end(packet)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

describe('a refusal that comes before TLS', () => {
  for (const [tls, code] of [
    [{ serverName: 'localhost' }, 'NoAnswer'],
    [false, 'LoginRefused'],
  ] as const) {
    it(`is ${code} where the secret asks for ${tls === false ? 'clear text' : 'TLS'}`, async () => {
      const server = await refuseAll()
      const { port } = server.address() as AddressInfo
      const login = { username: 'app', password: 'secret-password', host: '127.0.0.1', port, database: undefined, tls }
      await expect(connect(login, contextFor())).rejects.toMatchObject({ code })
      server.close()
    })
  }
})
