import { nativeHash } from '../../../functions/mariadb/native-password.ts'
import type { DatabaseTypeUnderTest } from '../../contract/database.ts'
import type { Target } from '../../contract/secret-type.ts'
import type { FunctionUnderTest } from '../../support/function-under-test.ts'
import type { TestLogin, TestServer } from '../../support/mysql.ts'
import { randomPassword } from '../../support/random.ts'
import type { SecretsManager } from '../../support/secrets-manager.ts'
import {
  type AccountWish,
  accountSnapshot,
  createAccount,
  createMaster,
  createPasswordMaster,
  createTwin,
  twinOf,
} from './accounts.ts'
import { loginIn, serverView } from './server-view.ts'

const functions = {
  'single-user': 'MariadbSingleUser',
  'dual-password': 'MariadbDualPassword',
  'alternating-users': 'MariadbAlternatingUsers',
}

export function mariadbFunction(
  strategy: keyof typeof functions,
  { ca }: Pick<TestServer, 'ca'>,
  more: Readonly<Record<string, string>> = {},
): FunctionUnderTest {
  const env = { DATABASE_CA_BUNDLE: ca, ...more }
  return { id: functions[strategy], module: `functions/mariadb/${strategy}.ts`, env }
}

/** What a target is to be like; `fields` are JSON members that go into the secret as they are written. */
export interface TargetWish extends AccountWish {
  readonly fields?: Readonly<Record<string, string>>
  /** The login of the superuser's secret; an administrator without all privileges when left out. */
  readonly master?: TestLogin
}

/** How a secret says where its server is. */
export interface ServerFields {
  readonly port: number
  readonly fields?: Readonly<Record<string, string>>
}

type Store = Pick<SecretsManager, 'store'>

export interface MariadbTarget extends Target {
  readonly base: TestLogin
  readonly master: TestLogin | undefined
}

export interface MariadbType extends DatabaseTypeUnderTest {
  make(secrets: Store, wish?: TargetWish): Promise<MariadbTarget>
}

/** @param at what the secrets say of the server, where it is to be reached in another way */
export function singleUser(server: TestServer, at: ServerFields = { port: server.port }): MariadbType {
  const make = async (_: Store, wish: TargetWish = {}) => {
    const base = await createAccount(server, wish)
    return target(server, base, secretString(at, base, wish.fields))
  }
  return {
    ...{ make, ...common(server, 'single-user', make, {}), oldValue: 'is refused' },
    title: `mariadb single-user on ${server.label}`,
    logins: { setSecret: 1, testSecret: 1 },
    calls: { all: 11, inTurn: 6 },
  }
}

/** @param by who makes the change: the account, which administers the server itself, or the superuser */
export function dualPassword(
  server: TestServer,
  by: 'itself' | 'a superuser',
  at: ServerFields = { port: server.port },
): MariadbType {
  const make = async ({ store }: Store, wish: TargetWish = {}) => {
    if (by === 'itself') {
      const base = await createAccount(server, { grants: ['CREATE USER ON *.*', 'SELECT ON mysql.*'], ...wish })
      return target(server, base, secretString(at, base, wish.fields))
    }
    const [base, master] = [await createAccount(server, wish), wish.master ?? (await createPasswordMaster(server))]
    const masterarn = JSON.stringify(await store(secretString(at, master)))
    return target(server, base, secretString(at, base, { ...wish.fields, masterarn }), master)
  }
  const several = { 'accounts on several hosts': { hosts: ['%', 'localhost', '10.0.0.%'] } }
  return {
    ...{ make, ...common(server, 'dual-password', make, several), oldValue: 'works' },
    title: `mariadb dual-password, by ${by}, on ${server.label}`,
    logins: { setSecret: by === 'itself' ? 2 : 3, testSecret: 1 },
    calls: by === 'itself' ? { all: 11, inTurn: 6 } : { all: 12, inTurn: 7 },
  }
}

export function alternatingUsers(
  server: TestServer,
  twin: 'missing' | 'existing',
  at: ServerFields = { port: server.port },
): MariadbType {
  const make = async ({ store }: Store, wish: TargetWish = {}) => {
    const base = await createAccount(server, wish)
    const master = wish.master ?? (await createMaster(server))
    if (twin === 'existing' && wish.hosts === undefined) await createTwin(server, base, wish.grants ?? [])
    const masterarn = JSON.stringify(await store(secretString(at, master)))
    return target(server, base, secretString(at, base, { ...wish.fields, masterarn }), master)
  }
  const more = {
    'accounts on several hosts': { hosts: ['%', 'localhost', '10.0.0.%'] },
    'grants of all kinds': { grants: ['SELECT, INSERT ON *.*', 'CREATE VIEW ON `a\\_b`.*', "USAGE ON `it's ``TO`.*"] },
  }
  return {
    ...{ make, ...common(server, 'alternating-users', make, more), oldValue: 'works' },
    title: `mariadb alternating-users, twin ${twin}, on ${server.label}`,
    logins: { setSecret: 2, testSecret: 2 },
    // testSecret reads AWSCURRENT too, once AWSPENDING has logged in: neither of the two can see what the other may do.
    calls: { all: 13, inTurn: 8 },
  }
}

const oddities: Readonly<Record<string, TargetWish>> = {
  'quotes and backslashes in the name': { name: `We"i\`d 'u\\` },
  'unicode in the name': { name: 'ünïcødé 名前' },
  'percent, dollar and question marks in the name': { name: `%s$1?@\${x}` },
  'SQL in the name': { name: `' TO x; DROP --` },
  'a line break and spaces in the name': { name: ' a\nb c' },
  'quotes, backslashes, signs, unicode and a line break in the password': {
    password: `${randomPassword()}'"\\ $1 ? \${x} %s%20 é 名 🗝 --\n;`,
  },
  'a password that looks like a hash': { password: nativeHash(randomPassword()) },
  'fields that nobody knows, in their order, with big numbers and __proto__': {
    fields: { ['__proto__']: '{"a":1}', big: '12345678901234567890', exact: '1.10', 'a "b"': '[null,{"z":1e400}]' },
  },
  'the port as a string': { fields: { port: 'as a string' } },
  'an account on a host of its own': { hosts: ['localhost'] },
  'the longest name': { name: 'é', length: 74 },
}

function common(
  server: TestServer,
  strategy: keyof typeof functions,
  make: MariadbType['make'],
  more: typeof oddities,
) {
  const wishes = Object.entries({ ...oddities, ...more })
  return {
    server: server.label,
    function: mariadbFunction(strategy, server),
    fresh: (secrets: SecretsManager) => make(secrets),
    withFields: (secrets: Store, fields: Readonly<Record<string, string>>) => make(secrets, { fields }),
    ...serverView(server),
    hostile: Object.fromEntries(wishes.map(([oddity, wish]) => [oddity, (secrets: Store) => make(secrets, wish)])),
    sequences: server.version.startsWith('11.8') ? 8 : 3,
  }
}

/** A SecretString with its fields in an unusual order, written by hand so that nothing changes what is odd about it. */
export function secretString(
  at: ServerFields,
  { username, password }: TestLogin,
  { port, ...more }: Readonly<Record<string, string>> = {},
): string {
  const fields = {
    ...{ password: JSON.stringify(password), port: port === 'as a string' ? `"${at.port}"` : (port ?? `${at.port}`) },
    ...{ engine: '"mariadb"', host: '"localhost"', username: JSON.stringify(username), ...at.fields, ...more },
  }
  return `{${Object.entries(fields)
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`)
    .join()}}`
}

function target(server: TestServer, base: TestLogin, value: string, master?: TestLogin): MariadbTarget {
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
