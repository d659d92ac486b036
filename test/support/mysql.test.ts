import { describe, expect, it } from 'vitest'
import { connected, mariadbServer, mysqlServer, quoted } from './mysql.ts'
import { watchLogins } from './mysql-view.ts'
import { randomName, randomPassword } from './random.ts'
import type { TestLogin } from './test-server.ts'

const servers = [
  await mysqlServer(),
  await mariadbServer('10.5'),
  await mariadbServer('10.11'),
  await mariadbServer('11.8'),
]

describe.each(servers)("the tests' view of $label", (server) => {
  const { host, port } = server

  async function createUser(name = randomName()): Promise<TestLogin> {
    const login = { username: name, password: randomPassword() }
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [login.username, '%', login.password])
    return login
  }

  it('a login gives its account, and undefined where it is refused', async () => {
    const { username, password } = await createUser()
    const none = server.engine === 'mysql' ? 'NONE' : null
    const session = { user: `${username}@localhost`, current_user: `${username}@%`, current_role: none }
    expect(await server.login({ username, password })).toEqual(session)
    expect(await server.login({ username, password: randomPassword() })).toBeUndefined()
    await expect(server.login({ username, password, database: 'nowhere' })).rejects.toThrow('nowhere')
  })

  it('the role that a login starts with is named', async () => {
    const { username, password } = await createUser()
    const role = randomName('r')
    await server.query(`CREATE ROLE ${quoted(role)}`)
    await server.query(`GRANT ${quoted(role)} TO ?@?`, [username, '%'])
    const setDefault =
      server.engine === 'mysql' ? `DEFAULT ROLE ${quoted(role)} TO` : `DEFAULT ROLE ${quoted(role)} FOR`
    await server.query(`SET ${setDefault} ?@?`, [username, '%'])
    expect((await server.login({ username, password }))?.current_role).toContain(role)
  })

  it('the log has what others do, and nothing of the superuser', async () => {
    const [secret, said] = [randomName('secret'), randomName('said')]
    const { username, password } = await createUser()
    await server.query('SELECT ? AS hidden', [secret])
    await using admin = await server.admin('mysql')
    await admin.query(`SELECT '${secret}', DATABASE()`)
    await using other = await connected({ host, port, user: username, password })
    await other.query(`SELECT '${said}'`)
    const log = await server.log()
    expect(log).toContain(said)
    expect(log).not.toContain(secret)
    expect(log).not.toContain(password)
  })

  it.each(['', 'We"ird \'u\\`', '%s $1 *', 'ünï 名前', 'a\nb'])(
    'logins of a name with %j in it are counted, and no others',
    async (odd) => {
      // 32 characters are the longest name that MySQL has.
      const [watched, other] = [await createUser(`${randomName()}${odd}`), await createUser()]
      await server.login(watched)
      const watch = await watchLogins(server, [watched.username])
      expect(await watch.stop()).toEqual({ accepted: 0, refused: 0 })
      await server.login(watched)
      await server.login({ ...watched, password: randomPassword() })
      await server.login(watched)
      await server.login(other)
      expect(await watch.stop()).toEqual({ accepted: 2, refused: 1 })
    },
  )
})
