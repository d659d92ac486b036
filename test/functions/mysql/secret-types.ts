import type { DatabaseTypeUnderTest } from '../../contract/database.ts'
import type { Target } from '../../contract/secret-type.ts'
import type { FunctionUnderTest } from '../../support/function-under-test.ts'
import type { TestLogin, TestServer } from '../../support/mysql.ts'
import { randomPassword } from '../../support/random.ts'
import type { SecretsManager } from '../../support/secrets-manager.ts'
import {
  type AccountWish,
  accountSnapshot,
  accountSnapshotByPassword,
  createAccount,
  createMaster,
  createPasswordMaster,
  createTwin,
  twinOf,
} from './accounts.ts'
import { loginIn, serverView } from './server-view.ts'

const functions = {
  'single-user': 'MysqlSingleUser',
  'dual-password': 'MysqlDualPassword',
  'alternating-users': 'MysqlAlternatingUsers',
}

export function mysqlFunction(
  strategy: keyof typeof functions,
  { ca }: Pick<TestServer, 'ca'>,
  more: Readonly<Record<string, string>> = {},
): FunctionUnderTest {
  const env = { DATABASE_CA_BUNDLE: ca, ...more }
  return { id: functions[strategy], module: `functions/mysql/${strategy}.ts`, env }
}

/** What a target is to be like; `fields` are JSON members that go into the secret as they are written. */
export interface TargetWish extends AccountWish {
  readonly fields?: Readonly<Record<string, string>>
}

/** How a secret says where its server is. */
export interface ServerFields {
  readonly port: number
  readonly fields?: Readonly<Record<string, string>>
}

type Store = Pick<SecretsManager, 'store'>

export interface MysqlTarget extends Target {
  readonly base: TestLogin
  readonly master: TestLogin | undefined
}

export interface MysqlType extends DatabaseTypeUnderTest {
  make(secrets: Store, wish?: TargetWish): Promise<MysqlTarget>
}

/** @param at what the secrets say of the server, where it is to be reached in another way */
export function singleUser(server: TestServer, at: ServerFields = { port: server.port }): MysqlType {
  const make = async (_: Store, wish: TargetWish = {}) => {
    const base = await createAccount(server, wish)
    return target(server, base, secretString(at, base, wish.fields))
  }
  return {
    title: `mysql single-user on ${server.label}`,
    server: server.label,
    function: mysqlFunction('single-user', server),
    oldValue: 'is refused',
    make,
    fresh: (secrets) => make(secrets),
    withFields: (secrets, fields) => make(secrets, { fields }),
    logins: { setSecret: 1, testSecret: 1 },
    calls: { all: 11, inTurn: 6 },
    ...serverView(server),
    hostile: everyOddity(make, { 'a name of 32 characters': { name: 'é', length: 32 } }),
  }
}

/** @param by who makes the change: the account, which is allowed to, or the superuser */
export function dualPassword(
  server: TestServer,
  by: 'itself' | 'a superuser',
  at: ServerFields = { port: server.port },
): MysqlType {
  const make = async ({ store }: Store, wish: TargetWish = {}) => {
    if (by === 'itself') {
      const base = await createAccount(server, { privileges: 'APPLICATION_PASSWORD_ADMIN', ...wish })
      const made = target(server, base, secretString(at, base, wish.fields))
      const known = new Set([base.password])
      const sensitive = (text: string) => {
        const { password } = loginIn(text)
        known.add(password)
        return [password]
      }
      return { ...made, sensitive, snapshot: () => accountSnapshotByPassword(server, base, known) }
    }
    const [base, master] = [await createAccount(server, wish), await createPasswordMaster(server)]
    const masterarn = JSON.stringify(await store(secretString(at, master)))
    return target(server, base, secretString(at, base, { ...wish.fields, masterarn }), master)
  }
  return {
    title: `mysql dual-password, by ${by}, on ${server.label}`,
    server: server.label,
    function: mysqlFunction('dual-password', server),
    oldValue: 'works',
    make,
    fresh: (secrets) => make(secrets),
    withFields: (secrets, fields) => make(secrets, { fields }),
    logins: { setSecret: by === 'itself' ? 2 : 3, testSecret: 1 },
    calls: by === 'itself' ? { all: 11, inTurn: 6 } : { all: 12, inTurn: 7 },
    ...serverView(server),
    hostile: everyOddity(make, {
      'a name of 32 characters': { name: 'é', length: 32 },
      ...(by === 'a superuser' && { 'accounts on several hosts': { hosts: ['%', 'localhost', '10.0.0.%'] } }),
    }),
  }
}

export function alternatingUsers(
  server: TestServer,
  twin: 'missing' | 'existing',
  at: ServerFields = { port: server.port },
): MysqlType {
  const make = async ({ store }: Store, wish: TargetWish = {}) => {
    const [base, master] = [await createAccount(server, wish), await createMaster(server)]
    if (twin === 'existing') await createTwin(server, base, wish.hosts)
    const masterarn = JSON.stringify(await store(secretString(at, master)))
    return target(server, base, secretString(at, base, { ...wish.fields, masterarn }), master)
  }
  return {
    title: `mysql alternating-users, twin ${twin}, on ${server.label}`,
    server: server.label,
    function: mysqlFunction('alternating-users', server),
    oldValue: 'works',
    make,
    fresh: (secrets) => make(secrets),
    withFields: (secrets, fields) => make(secrets, { fields }),
    logins: { setSecret: 2, testSecret: 1 },
    // The superuser's secret is read while the function logs in as AWSCURRENT.
    calls: { all: 12, inTurn: 7 },
    ...serverView(server),
    hostile: everyOddity(make, {
      'a name of 26 characters, which _clone makes 32': { name: 'é', length: 26 },
      'accounts on several hosts': { hosts: ['%', 'localhost', '10.0.0.%'] },
    }),
  }
}

const oddities: Readonly<Record<string, TargetWish>> = {
  'quotes and backslashes in the name': { name: `We"i\`d 'u\\` },
  'unicode in the name': { name: 'ünïcødé 名前' },
  'percent, dollar and question marks in the name': { name: `%s$1?@\${x}` },
  'SQL in the name': { name: `'; DROP --` },
  'a line break and spaces in the name': { name: ' a\nb c' },
  'quotes, backslashes, signs, unicode and a line break in the password': {
    password: `${randomPassword()}'"\\ $1 ? \${x} %s%20 é 名 🗝 --\n;`,
  },
  'a password that looks like a hash': { password: `*${randomPassword().toUpperCase()}` },
  'fields that nobody knows, in their order, with big numbers and __proto__': {
    fields: { ['__proto__']: '{"a":1}', big: '12345678901234567890', exact: '1.10', 'a "b"': '[null,{"z":1e400}]' },
  },
  'the port as a string': { fields: { port: 'as a string' } },
  'accounts on a host of their own': { hosts: ['localhost'] },
}

export function everyOddity(make: (store: Store, wish: TargetWish) => Promise<Target>, more: typeof oddities) {
  const all = Object.entries({ ...oddities, ...more })
  return Object.fromEntries(all.map(([oddity, wish]) => [oddity, (secrets: Store) => make(secrets, wish)]))
}

/** A SecretString with its fields in an unusual order, written by hand so that nothing changes what is odd about it. */
export function secretString(
  at: ServerFields,
  { username, password }: TestLogin,
  { port, ...more }: Readonly<Record<string, string>> = {},
): string {
  const fields = {
    ...{ password: JSON.stringify(password), port: port === 'as a string' ? `"${at.port}"` : (port ?? `${at.port}`) },
    ...{ engine: '"mysql"', host: '"localhost"', username: JSON.stringify(username), ...at.fields, ...more },
  }
  return `{${Object.entries(fields)
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`)
    .join()}}`
}

export function target(server: TestServer, base: TestLogin, value: string, master?: TestLogin): MysqlTarget {
  const rest = (text: string) => {
    const { username, password } = loginIn(text)
    return text.replace(JSON.stringify(password), '').replace(JSON.stringify(username), '')
  }
  return {
    ...{ value, base, master },
    async works(text) {
      // Nothing but name and password may ever change in the secret, not even the order of its fields.
      if (rest(text) !== rest(value)) throw new Error(`The value has changed in form: ${rest(text)}`)
      return (await server.login(loginIn(text))) !== undefined
    },
    snapshot: () => accountSnapshot(server, base),
    sensitive: (text) => [loginIn(text).password],
    others: [...(master === undefined ? [] : [master.password]), server.superuser.password],
    logins: [base.username, twinOf(base), ...(master === undefined ? [] : [master.username])],
  }
}
