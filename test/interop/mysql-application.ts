import { connected, type TestServer } from '../support/mysql.ts'
import { randomName, randomPassword } from '../support/random.ts'
import type { TestLogin } from '../support/test-server.ts'
import type { Application } from './secret.ts'

/** A login and a database, as docs/from-aws-functions.md tells of them. */
export interface Shop {
  readonly names: { readonly app: string; readonly shop: string }
  readonly login: TestLogin
  readonly application: Application
}

export async function mysqlShop(server: TestServer): Promise<Shop> {
  // AWS's functions take up to 10 characters on MySQL, so that _clone makes no more than 16 of them.
  const names = { app: randomName('a').slice(0, 10), shop: randomName('s') }
  const login = { username: names.app, password: randomPassword() }
  await server.query(`CREATE DATABASE ${names.shop}`)
  await server.query(`CREATE TABLE ${names.shop}.orders (n INT)`)
  await server.query('CREATE USER ?@? IDENTIFIED BY ?', [login.username, '%', login.password])
  await server.query(`GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON ${names.shop}.* TO ${names.app}@'%'`)
  const made: string[] = []
  const application: Application = {
    async connect({ username: user, password }) {
      const { host, port } = server
      const client = await connected({ host, port, user, password, database: names.shop })
      return {
        async work() {
          await client.query('INSERT INTO orders VALUES (1)')
          const [rows] = await client.query('SELECT COUNT(*) AS n FROM orders')
          if (!(Number((rows as { n: number }[])[0]?.n) > 0)) throw new Error('nothing was written')
          const table = randomName('t')
          await client.query(`CREATE TABLE ${table} (n INT)`)
          made.push(table)
        },
        async share() {
          for (const table of made) await client.query(`INSERT INTO ${table} VALUES (1)`)
          for (const table of made) await client.query(`SELECT n FROM ${table}`)
        },
        [Symbol.asyncDispose]: () => client.end(),
      }
    },
  }
  return { names, login, application }
}
