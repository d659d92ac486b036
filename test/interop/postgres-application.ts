import { connected, type TestServer } from '../support/postgres.ts'
import { randomName, randomPassword } from '../support/random.ts'
import type { Shop } from './mysql-application.ts'
import type { Application } from './secret.ts'

/** A role and a database of its own, as docs/from-aws-functions.md tells of them. */
export async function postgresShop(server: TestServer): Promise<Shop> {
  const names = { app: randomName('a'), shop: randomName('s') }
  const login = { username: names.app, password: randomPassword() }
  await server.query(`CREATE ROLE ${names.app} LOGIN PASSWORD '${login.password}'`)
  await server.query(`CREATE DATABASE ${names.shop}`)
  {
    await using admin = await server.admin(names.shop)
    await admin.query(`CREATE TABLE orders (n INT); GRANT SELECT, INSERT ON orders TO ${names.app}`)
    await admin.query(`GRANT USAGE, CREATE ON SCHEMA public TO ${names.app}`)
  }
  const made: string[] = []
  const application: Application = {
    async connect({ username: user, password }) {
      const client = await connected({ host: server.host, port: server.port, user, password, database: names.shop })
      return {
        async work() {
          await client.query('INSERT INTO orders VALUES (1)')
          const { rows } = await client.query('SELECT count(*) AS n FROM orders')
          if (!(Number(rows[0]?.n) > 0)) throw new Error('nothing was written')
          const table = randomName('t')
          await client.query(`CREATE TABLE ${table} (n INT)`)
          made.push(table)
        },
        async share() {
          for (const table of made) await client.query(`INSERT INTO ${table} VALUES (1); SELECT n FROM ${table}`)
        },
        [Symbol.asyncDispose]: () => client.end(),
      }
    },
  }
  return { names, login, application }
}
