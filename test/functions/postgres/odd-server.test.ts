import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { secretsManagerFor } from '../../support/secrets-manager.ts'
import { databaseFunction } from '../databases/database-type.ts'

const message = (type: string, body: Buffer) => {
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}
const int32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
const ok = message('R', int32(0))
const ready = message('Z', Buffer.from('I'))
const noRoom = message('E', Buffer.from('SERROR\0C53100\0Mcould not extend file\0\0'))

interface OddServer {
  /** To a login. */
  readonly answers: readonly Buffer[]
  /** To what comes after it. */
  readonly toStatement?: readonly Buffer[]
  readonly code: string
  readonly says?: string
}

const servers: Readonly<Record<string, OddServer>> = {
  'asks for Kerberos': { answers: [message('R', int32(7))], code: 'LoginMethod' },
  'asks for something unheard of': { answers: [message('R', int32(99))], code: 'LoginMethod' },
  'sends a malformed notification': { answers: [message('A', Buffer.from('x'))], code: 'NoAnswer' },
  'sends messages of no length': { answers: [Buffer.from([0x45, 0, 0, 0, 3, 0, 0])], code: 'NoAnswer' },
  'sends messages of no length in pieces': {
    answers: [ready.subarray(0, 3), Buffer.from([0, 0, 0])],
    code: 'NoAnswer',
  },
  'has no room on its disk': {
    answers: [ok, ready],
    toStatement: [noRoom, ready],
    code: 'DatabaseFailed',
    says: "server's disk is full",
  },
  'sends without end': { answers: [ok, ready, message('N', Buffer.alloc(5_000_000, 'x'))], code: 'ServerNotReady' },
}

describe('a server that does not behave like PostgreSQL', { meta: { server: 'a server of its own' } }, async () => {
  const secrets = await secretsManagerFor(databaseFunction('postgres/single-user', { ca: '' }))
  afterAll(() => secrets[Symbol.asyncDispose]())

  it.each(Object.entries(servers))(
    'that %s ends the step with a code, not the process',
    async (_, { answers, toStatement = [], code, says = '' }) => {
      const sockets = new Set<Socket>()
      const server = createServer((socket) => {
        sockets.add(socket.on('error', () => undefined))
        socket.once('data', () => {
          for (const answer of answers) socket.write(answer)
          socket.once('data', () => {
            for (const answer of toStatement) socket.write(answer)
          })
        })
      }).listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('listening', resolve))
      const { port } = server.address() as AddressInfo
      const value = { username: 'app', password: 'the-first-password', host: '127.0.0.1', port, ssl: false }
      const rotation = await secrets.begin(await secrets.store(JSON.stringify(value)))
      await rotation.run('createSecret')
      const outcome = await rotation.attempt('setSecret')
      expect(outcome).toMatchObject({ ok: false, error: { errorType: code } })
      expect(outcome.logs).toContain('step failed')
      expect(outcome.logs).toContain(says)
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  )
})
