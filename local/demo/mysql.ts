import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { type Connection, createConnection } from 'mysql2/promise'
import type { DatabaseSecret, Driver } from '../../examples/application/database.ts'
import { isRefusedMysqlLogin, mysqlLogin } from '../../examples/application/mysql.ts'
import { startMariadb } from '../servers/mariadb.ts'
import { startMysql } from '../servers/mysql.ts'
import type { MysqlServer } from '../servers/mysql-process.ts'
import type { Demonstration, DemoServer } from './database.ts'

/** MySQL with TLS and a certificate of its own, and the demonstrations on it. */
export async function startMysqlDemo(): Promise<DemoServer> {
  const server = await startMysql({ 'general-log': 'ON' })
  // With this privilege an account adds a password by itself; without it the superuser's secret is asked for.
  const grants = ['GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO']
  return await demoServer(server, {
    name: 'MySQL',
    engine: 'mysql',
    ids: 'Mysql',
    dual: { logins: 3, calls: 11, grants },
  })
}

/** The same with MariaDB. */
export async function startMariadbDemo(): Promise<DemoServer> {
  const server = await startMariadb('11.8', { 'general-log': 'ON' })
  return await demoServer(server, {
    ...{ name: 'MariaDB', engine: 'mariadb', ids: 'Mariadb' },
    dual: { logins: 4, calls: 12, grants: undefined },
    alternating: { logins: 4, calls: 13 },
  })
}

interface Kind {
  readonly name: string
  readonly engine: 'mysql' | 'mariadb'
  /** What the functions' ids begin with. */
  readonly ids: string
  /** Grants of a login that adds a password by itself; where there are none the superuser does it. */
  readonly dual: { readonly logins: number; readonly calls: number; readonly grants: readonly string[] | undefined }
  readonly alternating?: { readonly logins: number; readonly calls: number }
}

async function demoServer(server: MysqlServer, kind: Kind): Promise<DemoServer> {
  const { host, port, superuser, ca } = server
  const { driver, sessions } = loginForEveryQuery(ca)
  const connect = () => createConnection({ ...mysqlLogin({ ...superuser, host, port, ssl: false }, ca) })
  const admin = await connect()
  await admin.query('SET SESSION sql_log_off = 1')
  await admin.query('CREATE DATABASE app')

  async function prepare(secretsManager: SecretsManagerClient, name: string, username: string, options: Wish) {
    const store = async (Name: string, secret: object) => {
      // A name, not an address: only a name is verified by every client.
      const SecretString = JSON.stringify({ engine: kind.engine, host: 'localhost', port, ...secret })
      return (await secretsManager.send(new CreateSecretCommand({ Name, SecretString }))).ARN
    }
    const password = randomBytes(12).toString('hex')
    await admin.query(`CREATE USER '${username}'@'%' IDENTIFIED BY '${password}'`)
    for (const grant of ['GRANT ALL ON app.* TO', ...(options.grants ?? [])])
      await admin.query(`${grant} '${username}'@'%'`)
    const masterarn = options.superuser ? await store(`${name}-superuser`, superuser) : undefined
    await store(name, { dbname: 'app', username, password, ...(masterarn && { masterarn }) })
  }

  function demonstration(
    strategy: string,
    about: Pick<Demonstration, 'summary' | 'overlap'>,
    wish: Wish,
  ): Demonstration {
    const secretName = `demo/${kind.engine}/${strategy}`
    const words = strategy.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    return {
      ...{ functionId: `${kind.ids}${words.join('')}`, secretName, ...about },
      ...{ expectedLogins: wish.logins, expectedCalls: wish.calls },
      prepare: (secretsManager) => prepare(secretsManager, secretName, `app_${strategy.split('-')[0]}`, wish),
    }
  }

  return {
    title: `${kind.name} ${server.version}`,
    ...{ ca, driver },
    demonstrations: [
      demonstration(
        'single-user',
        { summary: 'the login changes its own password', overlap: false },
        { logins: 2, calls: 11 },
      ),
      demonstration(
        'dual-password',
        { summary: 'one login has two passwords, the new one and the one before', overlap: true },
        { ...kind.dual, superuser: kind.dual.grants === undefined },
      ),
      demonstration(
        'alternating-users',
        { summary: 'two logins with the same rights take turns', overlap: true },
        { ...(kind.alternating ?? { logins: 3, calls: 12 }), superuser: true },
      ),
    ],
    mark: () => server.log().length,
    async loginsSince(mark) {
      await sleep(100) // the server's log arrives through a file
      const log = server.log().slice(mark)
      const logins = [...log.matchAll(/\t\s*(\d+) Connect\t(Access denied)?/g)]
      const refused = logins.filter(([, , denied]) => denied).map(([, session]) => Number(session))
      // The log says who logged in, not from which program: what the application has not done, the functions have.
      const others = new Set([...(await sessions()), ...refused])
      const byFunctions = logins.filter(([, session]) => !others.has(Number(session))).length
      return { byFunctions, refused: refused.length }
    },
    async [Symbol.asyncDispose]() {
      await admin.end()
      await server[Symbol.asyncDispose]()
    },
  }
}

interface Wish {
  readonly logins: number
  readonly calls: number
  readonly grants?: readonly string[] | undefined
  readonly superuser?: boolean
}

/** `sessions` gives the server's numbers of all logins that have been begun by now. */
function loginForEveryQuery(ca: string): { driver: Driver<unknown>; sessions(): Promise<ReadonlySet<number>> } {
  const numbers = new Set<number>()
  const beginning = new Set<Promise<Connection>>()
  async function logIn(secret: DatabaseSecret): Promise<Connection> {
    const login = createConnection({ ...mysqlLogin(secret, ca), connectAttributes: { program_name: 'application' } })
    beginning.add(login)
    try {
      const connection = await login
      numbers.add(connection.threadId)
      return connection
    } finally {
      beginning.delete(login)
    }
  }
  const driver: Driver<unknown> = {
    open(secret) {
      return {
        async query(text, values) {
          const connection = await logIn(secret)
          try {
            return await connection.query(text, values)
          } finally {
            await connection.end()
          }
        },
        end: async () => undefined,
      }
    },
    isRefusedLogin: isRefusedMysqlLogin,
  }
  async function sessions() {
    await Promise.allSettled(beginning)
    return numbers
  }
  return { driver, sessions }
}
