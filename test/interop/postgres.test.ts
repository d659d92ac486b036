import { afterAll, describe, expect, it } from 'vitest'
import { keyturn } from '../cli/keyturn.ts'
import { handOver } from '../functions/postgres/hand-over.ts'
import { createMaster } from '../functions/postgres/roles.ts'
import { pageStatements } from '../support/page.ts'
import { connected, postgresServer } from '../support/postgres.ts'
import { interopPlace } from './place.ts'
import { postgresShop } from './postgres-application.ts'
import { usedSecret } from './secret.ts'

const server = await postgresServer(18)
const place = await interopPlace(server, ['postgres/single-user', 'postgres/alternating-users'])
const [single, alternating] = ['PostgresSingleUser', 'PostgresAlternatingUsers']

async function secret() {
  const { names, login, application } = await postgresShop(server)
  const at = { engine: 'postgres', host: 'localhost', port: server.port }
  const master = await createMaster(server, login)
  const masterarn = await place.store({ ...at, dbname: 'postgres', ...master })
  const secretId = await place.store({ ...at, dbname: names.shop, ...login, masterarn })
  let shares = true
  return {
    names,
    master,
    ...usedSecret(place, secretId, application, () => shares),
    share: (does: boolean) => {
      shares = does
    },
  }
}

describe(`alternating users, on ${server.label}`, { meta: { server: server.label } }, () => {
  afterAll(() => place[Symbol.asyncDispose]())

  it("go from AWS's functions to Keyturn by the page's statements, and both logins can use what each has made", async () => {
    const { names, master, rotate, run, share, prove } = await secret()
    await prove('is none')
    // What AWS's second login makes is its own, and the first cannot read it.
    share(false)
    for (const whose of ['theirs', 'theirs', 'theirs'] as const) await rotate(whose, alternating, 'works')
    await server.query(`GRANT TEMPORARY ON DATABASE ${names.shop} TO ${names.app}_clone WITH GRANT OPTION`)
    await expect(rotate('ours', alternating, 'works')).rejects.toThrow('NotAClone')
    // As on RDS, where the master owns the database and is no superuser.
    await server.query(`ALTER DATABASE ${names.shop} OWNER TO ${master.username}`)
    {
      await using admin = await server.admin(names.shop)
      await admin.query(`ALTER TABLE orders OWNER TO ${master.username}`)
    }
    const { host, port } = server
    const { username: user, password } = master
    await using client = await connected({ host, port, database: names.shop, user, password })
    const query = async (sql: string) => (await client.query(sql)).rows
    await run(pageStatements('postgres-master', names), query)
    // The application makes tables meanwhile, as the second login.
    await handOver(names, query, (statement) => run([statement], query))
    share(true)
    for (const whose of ['ours', 'ours', 'ours', 'theirs', 'theirs', 'theirs', 'ours'] as const)
      await rotate(whose, alternating, 'works')
  })

  it('go to Keyturn and back by keyturn adopt, and on without a statement', async () => {
    const { rotate, secretId, prove } = await secret()
    const adopt = (...args: readonly string[]) => keyturn(['adopt', secretId, ...args], place.local)
    for (const whose of ['ours', 'ours', 'theirs'] as const) await rotate(whose, alternating, 'works')
    const listed = await adopt()
    expect(listed.stdout).toContain(`is ${place.theirs(alternating)}; ${alternating} fits.`)
    expect(await adopt('--apply', '--to', alternating, '--yes')).toMatchObject({ code: 0 })
    expect(await place.rotatedBy(secretId)).toBe(alternating)
    await prove('works')
    for (let turn = 0; turn < 2; turn++) await rotate('ours', alternating, 'works')
    expect(await adopt('--back', '--yes')).toMatchObject({ code: 0 })
    expect(await place.rotatedBy(secretId)).toBe(place.theirs(alternating))
    await prove('works')
    for (let turn = 0; turn < 2; turn++) await rotate('theirs', alternating, 'works')
  })

  it("leave AWS's single user the first login, and not the second one, which runs as the first", async () => {
    const [one, other] = [await secret(), await secret()]
    await one.rotate('ours', alternating, 'works')
    await expect(one.rotate('theirs', single, 'is refused')).rejects.toThrow('permission denied to alter role')
    for (let turn = 0; turn < 2; turn++) await other.rotate('ours', alternating, 'works')
    await other.rotate('theirs', single, 'is refused')
    expect(await other.username()).toBe(other.names.app)
  })
})
