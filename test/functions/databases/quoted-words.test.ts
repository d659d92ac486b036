import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { errorOf } from '../../support/outcome.ts'
import { piecesOf } from '../../support/pieces.ts'
import { randomPassword } from '../../support/random.ts'
import { secretsManagerFor } from '../../support/secrets-manager.ts'
import { databaseFunction } from './database-type.ts'

type Speak = (socket: Socket, said: string) => void

const packet = (number: number, ...parts: readonly (string | readonly number[])[]) => {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))
  const head = Buffer.from([0, 0, 0, number])
  head.writeUIntLE(body.length, 0, 3)
  return Buffer.concat([head, body])
}

/** MySQL's protocol: lets everybody in, and answers each statement with 1142 (no privilege) in these words. */
const speakMysql: Speak = (socket, said) => {
  const zeros = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  const about = [0, 0xff, 0xf7, 255, 2, 0, 0x0f, 0x80, 21, ...zeros]
  socket.write(
    packet(0, [10], '8.0.30\0', [1, 0, 0, 0], '12345678', about, '123456789012\0', 'caching_sha2_password\0'),
  )
  socket.once('data', () => {
    socket.write(packet(2, [0, 0, 0, 2, 0, 0, 0]))
    socket.on('data', () => socket.write(packet(1, [0xff, 0x76, 0x04], `#42000${said}`)))
  })
}

const message = (type: string, body: Buffer) => {
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** The same in PostgreSQL's (42501), half of it as the detail. */
const speakPostgres: Speak = (socket, said) => {
  const ready = message('Z', Buffer.from('I'))
  socket.once('data', () => {
    socket.write(Buffer.concat([message('R', Buffer.alloc(4)), ready]))
    const words = Buffer.from(`SERROR\0C42501\0M${said}\0D${said}\0\0`)
    socket.on('data', () => socket.write(Buffer.concat([message('E', words), ready])))
  })
}

describe.each([
  { path: 'mysql/single-user', speak: speakMysql, code: 'MissingPrivilege' },
  { path: 'mariadb/single-user', speak: speakMysql, code: 'MissingPrivilege' },
  // A login may change its own password: there is no statement that would allow it.
  { path: 'postgres/single-user', speak: speakPostgres, code: 'DatabaseFailed' },
])(
  '$path, where a server quotes the password in an error',
  { meta: { server: 'a server of its own' } },
  async ({ path, speak, code }) => {
    const secrets = await secretsManagerFor(databaseFunction(path, { ca: '' }))
    afterAll(() => secrets[Symbol.asyncDispose]())

    /** @param say what the server says to a login with this password */
    async function errorAfter(say: (password: string) => string) {
      const password = randomPassword()
      const sockets = new Set<Socket>()
      const server = createServer((socket) => {
        sockets.add(socket.on('error', () => undefined))
        speak(socket, say(password))
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      const value = { username: 'app', password, host: '127.0.0.1', port, ssl: false }
      const rotation = await secrets.begin(await secrets.store(JSON.stringify(value)))
      await rotation.run('createSecret')
      const outcome = await rotation.attempt('setSecret')
      for (const socket of sockets) socket.destroy()
      server.close()
      const error = errorOf(outcome)
      expect(error.errorType).toBe(code)
      const all = `${outcome.logs}${JSON.stringify(error)}`
      return { message: error.errorMessage, pieces: piecesOf(password).filter((piece) => all.includes(piece)) }
    }

    it("the server's words are passed on without the password", async () => {
      const { message, pieces } = await errorAfter((password) => `you told me ${password}, and may not`)
      expect(message).toContain('you told me [redacted], and may not')
      expect(pieces).toEqual([])
    })

    it('a long text is cut without leaving a part of a password', async () => {
      // Twice as much for PostgreSQL, where a message has a detail.
      for (const edge of [480, 490, 499, 990, 1010, 1980, 1990, 1999, 2010, 3990]) {
        const { message, pieces } = await errorAfter((password) => `${'x'.repeat(edge)}${password}${'y'.repeat(20)}`)
        expect([edge, pieces]).toEqual([edge, []])
        expect(message.length).toBeLessThan(4_500)
      }
    })
  },
)
