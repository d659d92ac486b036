import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { afterAll, describe, expect, it } from 'vitest'
import { selfSignedCertificate } from '../../../local/servers/certificate.ts'
import { secretsManagerFor } from '../../support/secrets-manager.ts'
import { databaseFunction } from '../databases/database-type.ts'

const packet = (number: number, ...parts: readonly (string | readonly number[])[]) => {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  )
  const head = Buffer.from([0, 0, 0, number])
  head.writeUIntLE(body.length, 0, 3)
  return Buffer.concat([head, body])
}

/** The first packet of a MySQL 8 (internals manual, "Protocol::HandshakeV10"), which offers TLS. */
const greeting = (plugin = 'caching_sha2_password') =>
  packet(
    ...([0, [10], '8.0.30\0', [1, 0, 0, 0], '12345678', [0, 0xff, 0xff, 255, 2, 0, 0x0f, 0x80, 21]] as const),
    ...[[0, 0, 0, 0, 0, 0, 0, 0, 0, 0], '123456789012\0', `${plugin}\0`],
  )
const ok = (number: number) => packet(number, [0, 0, 0, 2, 0, 0, 0])
const huge = Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 1]), Buffer.alloc(0xff_ff_ff)])

/** The answers of a server: at once, to a login, and to each statement. */
const servers = {
  'greets with nothing': { says: packet(0), code: 'NoAnswer' },
  'greets in an older protocol': { says: packet(0, [9], 'x'), code: 'NoAnswer' },
  'breaks off its greeting': { says: greeting().subarray(0, 12), code: 'NoAnswer' },
  'has too many connections, without an SQLSTATE': {
    says: packet(0, [0xff, 0x10, 0x04], 'Too many connections'),
    code: 'ConnectionLimit',
  },
  'has blocked the host': { says: packet(0, [0xff, 0x69, 0x04], '#HY000blocked'), code: 'LoginLocked' },
  'sends without end before it greets': { says: huge, endless: true, code: 'NoAnswer' },
  'asks for Kerberos': { says: greeting(), login: packet(2, [0xfe], 'auth_gssapi_client\0x\0'), code: 'LoginMethod' },
  'asks for the password in the clear': {
    says: greeting(),
    login: packet(2, [0xfe], 'mysql_clear_password\0'),
    code: 'LoginMethod',
  },
  'sends a key that is none': {
    says: greeting(),
    login: packet(2, [1, 4]),
    more: packet(4, [1], 'no key'),
    code: 'NoAnswer',
  },
  ...Object.fromEntries(
    [1021, 1114].map((errno) => [
      `has no room on its disk (${errno})`,
      {
        says: greeting(),
        login: ok(2),
        more: packet(1, [0xff, errno & 0xff, errno >> 8], '#HY000no room'),
        code: 'DatabaseFailed',
        logs: "server's disk, or the place of its temporary tables, is full",
      },
    ]),
  ),
  'refuses with a broken packet': { says: greeting(), login: packet(2, [0xff]), code: 'NoAnswer' },
  'wants to read our files': {
    says: greeting(),
    login: ok(2),
    more: packet(1, [0xfb], '/etc/passwd'),
    code: 'ServerNotReady',
  },
  'sends without end once we are in': {
    says: greeting(),
    login: ok(2),
    more: huge,
    endless: true,
    code: 'ServerNotReady',
  },
} as const

describe('a server that does not behave like MySQL', { meta: { server: 'a server of its own' } }, async () => {
  const secrets = await secretsManagerFor(databaseFunction('mysql/single-user', { ca: '' }))
  afterAll(() => secrets[Symbol.asyncDispose]())

  async function attemptAt(port: number, fields: Readonly<Record<string, unknown>>) {
    const value = { username: 'app', password: 'the-first-password', host: '127.0.0.1', port, ...fields }
    const rotation = await secrets.begin(await secrets.store(JSON.stringify(value)))
    await rotation.run('createSecret')
    return rotation.attempt('setSecret')
  }

  it.each(Object.entries(servers))('that %s ends the step with a code, not the process', async (_, about) => {
    const [sockets, server] = [new Set<Socket>(), createServer()]
    server.on('connection', (socket) => {
      sockets.add(socket.on('error', () => undefined))
      const say = (bytes: Buffer) => {
        if (socket.writable && socket.write(bytes) && 'endless' in about) setImmediate(say, bytes)
        else if ('endless' in about) socket.once('drain', () => say(bytes))
      }
      if ('login' in about) socket.write(about.says)
      else say(about.says)
      socket.once('data', () => {
        if ('login' in about) socket.write(about.login)
        socket.on('data', () => 'more' in about && say(about.more))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const outcome = await attemptAt((server.address() as AddressInfo).port, { ssl: false })
    expect(outcome).toMatchObject({ ok: false, error: { errorType: about.code } })
    expect(outcome.logs).toContain('step failed')
    if ('logs' in about) {
      expect(outcome.logs).toContain(about.logs)
      expect(outcome.logs).toContain('"retryable":true')
    }
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  it('a man in the middle who speaks before TLS is told no password, by any question', async () => {
    const { certificate: cert, key } = await selfSignedCertificate(['somebody.else'])
    for (const question of [
      packet(2, [0xfe], 'sha256_password\0', '12345678901234567890\0'),
      Buffer.concat([packet(2, [0xfe], 'caching_sha2_password\0', '12345678901234567890\0'), packet(4, [1, 4])]),
    ]) {
      const received: Buffer[] = []
      const inner = createTlsServer({ cert, key, maxVersion: 'TLSv1.2' }, (socket) => {
        socket.on('error', () => undefined).on('data', (chunk) => received.push(chunk))
      })
      await new Promise<void>((resolve) => inner.listen(0, '127.0.0.1', resolve))
      let shakesHands = false
      const outer = createServer((socket) => {
        const onward = connect((inner.address() as AddressInfo).port, '127.0.0.1')
        for (const each of [socket, onward]) each.on('error', () => undefined)
        onward.on('data', (chunk) => socket.write(chunk)).on('close', () => socket.destroy())
        // The question comes with the greeting, so that it is read before TLS begins.
        socket.write(Buffer.concat([greeting('sha256_password'), question]))
        let skipped = 0
        socket.on('data', (chunk) => {
          const request = Math.min(chunk.length, 36 - skipped)
          skipped += request
          shakesHands ||= chunk.length > request
          if (chunk.length > request) onward.write(chunk.subarray(request))
        })
      })
      await new Promise<void>((resolve) => outer.listen(0, '127.0.0.1', resolve))
      const outcome = await attemptAt((outer.address() as AddressInfo).port, {})
      expect(outcome).toMatchObject({ ok: false, error: { errorType: 'CertificateUntrusted' } })
      expect(shakesHands).toBe(true)
      expect(Buffer.concat(received).toString('latin1')).toBe('')
      for (const server of [inner, outer]) server.close()
    }
  })
})
