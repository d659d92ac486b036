import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { mariadbServer, mysqlServer } from '../../support/mysql.ts'
import { postgresServer } from '../../support/postgres.ts'
import { randomPassword } from '../../support/random.ts'
import * as mariadb from '../mariadb/secret-types.ts'
import * as mysql from '../mysql/secret-types.ts'
import * as postgres from '../postgres/secret-types.ts'
import { withEnv } from './tls-cases.ts'

const [onMysql, onMariadb, onPostgres] = await Promise.all([mysqlServer(), mariadbServer('11.8'), postgresServer(18)])
const types = [
  mysql.alternatingUsers(onMysql, 'missing'),
  mysql.dualPassword(onMysql, 'a superuser'),
  mariadb.alternatingUsers(onMariadb, 'missing'),
  mariadb.dualPassword(onMariadb, 'a superuser'),
  postgres.alternatingUsers(onPostgres, 'missing'),
]
const clear = { ssl: 'false' }

describe.each(types)(
  '$title: a secret in clear text, whose superuser uses TLS',
  {
    meta: { server: 'MySQL, MariaDB, PostgreSQL' },
  },
  async (type) => {
    const suite = await suiteFor(type)
    afterAll(() => suite.secrets[Symbol.asyncDispose]())

    it('is rotated, as by the functions of AWS: each secret has its own "ssl"', async () => {
      const target = await suite.stored((store) => type.withFields(store, clear))
      for (let round = 0; round < 2; round++) {
        await suite.secrets.rotate(target.secretId)
        expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
      }
      expect(suite.secrets.output()).toContain('logged in as AWSCURRENT, over TLS')
    })

    it('ends in SuperuserMismatch where the certificate is not trusted, before a superuser logs in', async () => {
      const other = await suiteFor(withEnv(type, {}))
      await using _ = other.secrets
      const target = await other.stored((store) => type.withFields(store, clear))
      const watch = await type.watchLogins({ logins: target.logins.slice(2) })
      const error = await expectFailure(other, target, { code: 'SuperuserMismatch', step: 'setSecret' })
      expect(error.errorMessage).toContain('in clear text, but not over TLS as its superuser does: The certificate of')
      expect(await watch.stop()).toEqual({ accepted: 0, refused: 0 })
    })
  },
)

describe('a man in the middle who accepts every login in clear text', { meta: { server: onPostgres.label } }, () => {
  it('gets no superuser to log in: SuperuserMismatch, and no login is made or changed', async () => {
    await using between = await liar(onPostgres.port)
    const suite = await suiteFor(postgres.alternatingUsers(onPostgres, 'missing', { port: between.port }))
    await using _ = suite.secrets
    const target = await suite.stored(async (store) => {
      const made = await suite.type.withFields(store, clear)
      const value = JSON.stringify({ ...JSON.parse(made.value), password: randomPassword() })
      return { ...made, value }
    })
    const watch = await suite.type.watchLogins({ logins: target.logins.slice(2) })
    const expected = { code: 'SuperuserMismatch', step: 'setSecret', stillWorks: false } as const
    const error = await expectFailure(suite, target, expected)
    expect(error.errorMessage).toContain('The server refuses it.')
    expect(between.lies()).toBe(1)
    expect(await watch.stop()).toEqual({ accepted: 0, refused: 0 })
  })
})

/** Hands TLS on to the server, and answers everybody else by itself. */
async function liar(port: number) {
  const welcome = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49])
  const sockets = new Set<Socket>()
  let lies = 0
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined))
    socket.once('data', (first) => {
      // SSLRequest (PostgreSQL manual, "Message Formats").
      if (first.length !== 8 || first.readInt32BE(4) !== 80_877_103) {
        lies++
        socket.write(welcome)
        return
      }
      const onward = connect({ host: '127.0.0.1', port }).on('error', () => socket.destroy())
      sockets.add(onward)
      onward.write(first)
      socket.pipe(onward).pipe(socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    lies: () => lies,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
