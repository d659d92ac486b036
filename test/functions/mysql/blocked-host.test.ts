import { type AddressInfo, connect, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { suiteFor } from '../../contract/suite.ts'
import { codeOf, saidBy } from '../../support/outcome.ts'
import { ownMariadb, ownMysql } from '../../support/own-mysql.ts'
import * as mariadb from '../mariadb/secret-types.ts'
import * as mysql from './secret-types.ts'

const settings = { 'max-connect-errors': '1' }
/** Not the address that the suite itself comes from. */
const localAddress = '127.0.0.2'

describe.each([
  {
    engine: 'MySQL',
    own: () => ownMysql(settings),
    make: mysql.singleUser,
    unblock: 'TRUNCATE TABLE performance_schema.host_cache',
  },
  { engine: 'MariaDB', own: () => ownMariadb('11.8', settings), make: mariadb.singleUser, unblock: 'FLUSH HOSTS' },
])(
  '$engine that has blocked the address of the function',
  { meta: { server: 'of its own' } },
  ({ own, make, unblock }) => {
    it("is LoginLocked, which does not pass by itself, and the error's statement mends it", async () => {
      await using server = await own()
      await using elsewhere = await fromElsewhere(server.port)
      const suite = await suiteFor(make(server, { port: elsewhere.port, fields: { ssl: 'false' } }))
      await using _ = suite.secrets
      const target = await suite.stored()
      const rotation = await suite.secrets.begin(target.secretId)
      await rotation.run('createSecret')
      for (let times = 0; times < 4; times++) await breakOff(server.port)
      const outcome = await rotation.attempt('setSecret')
      expect(codeOf(outcome)).toBe('LoginLocked')
      const said = saidBy(outcome)
      for (const part of ['(1129)', 'max_connect_errors', unblock, 'Trying again does not help.'])
        expect(said).toContain(part)
      expect((await rotation.attempt('setSecret')).ok).toBe(false)
      await server.query(unblock)
      await rotation.run('setSecret', 'testSecret', 'finishSecret')
      await target.expectPromoted(rotation, target.value)
    })
  },
)

/** A way to the server from another address. */
async function fromElsewhere(port: number) {
  const proxy = createServer((socket) => {
    const onward = connect({ host: '127.0.0.1', port, localAddress })
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
      one.pipe(other)
    }
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return {
    port: (proxy.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      proxy.close()
    },
  }
}

/** Leaves in the middle of a login, which the server counts. */
async function breakOff(port: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port, localAddress }).on('error', () => undefined)
  await new Promise<void>((resolve) => {
    socket.once('data', () => socket.destroy()).once('close', () => resolve())
  })
  await new Promise((resolve) => setTimeout(resolve, 50))
}
