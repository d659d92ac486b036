import type { DatabaseTypeUnderTest } from '../../contract/database.ts'
import type { Target } from '../../contract/secret-type.ts'
import type { FunctionUnderTest } from '../../support/function-under-test.ts'
import type { TestLogin, TestServer } from '../../support/postgres.ts'
import { randomPassword } from '../../support/random.ts'
import type { SecretsManager } from '../../support/secrets-manager.ts'
import { createMaster, createRole, createTwin, type RoleWish, roleSnapshot, twinOf } from './roles.ts'
import { loginIn, serverView } from './server-view.ts'

export function singleUserFunction({ ca }: Pick<TestServer, 'ca'>): FunctionUnderTest {
  const env = { DATABASE_CA_BUNDLE: ca }
  return { id: 'PostgresSingleUser', module: 'functions/postgres/single-user.ts', env }
}

export function alternatingUsersFunction({ ca }: Pick<TestServer, 'ca'>): FunctionUnderTest {
  const env = { DATABASE_CA_BUNDLE: ca }
  return { id: 'PostgresAlternatingUsers', module: 'functions/postgres/alternating-users.ts', env }
}

/** What a target is to be like; `fields` are JSON members that go into the secret as they are written. */
export interface TargetWish extends RoleWish {
  readonly fields?: Readonly<Record<string, string>>
  /** Makes the login of the superuser's secret; an administrator without superuser's rights when left out. */
  readonly master?: (base: TestLogin) => Promise<TestLogin>
}

/** How a secret says where its server is. */
export interface ServerFields {
  readonly port: number
  readonly fields?: Readonly<Record<string, string>>
}

type Store = Pick<SecretsManager, 'store'>

export interface PostgresTarget extends Target {
  readonly base: TestLogin
  readonly master: TestLogin | undefined
}

export interface PostgresType extends DatabaseTypeUnderTest {
  make(secrets: Store, wish?: TargetWish): Promise<PostgresTarget>
}

/** @param at what the secrets say of the server, where it is to be reached in another way */
export function singleUser(server: TestServer, at: ServerFields = { port: server.port }): PostgresType {
  const make = async (_: Store, wish: TargetWish = {}) => {
    const base = await createRole(server, wish)
    return target(server, base, secretString(at, base, wish.fields))
  }
  return {
    title: `postgres single-user on ${server.label}`,
    server: server.label,
    function: singleUserFunction(server),
    oldValue: 'is refused',
    make,
    fresh: (secrets) => make(secrets),
    withFields: (secrets, fields) => make(secrets, { fields }),
    logins: { setSecret: 1, testSecret: 1 },
    calls: { all: 11, inTurn: 6 },
    ...serverView(server),
    hostile: everyOddity(make, { 'a name of 63 bytes': { name: 'é', length: 63 } }),
    sequences: server.major === 18 ? 8 : 3,
  }
}

export function alternatingUsers(
  server: TestServer,
  twin: 'missing' | 'existing',
  at: ServerFields = { port: server.port },
): PostgresType {
  const make = async ({ store }: Store, wish: TargetWish = {}) => {
    const base = await createRole(server, wish)
    const master = await (wish.master?.(base) ?? createMaster(server, base))
    if (twin === 'existing') await createTwin(server, base, master)
    const masterarn = JSON.stringify(await store(secretString(at, master)))
    return target(server, base, secretString(at, base, { ...wish.fields, masterarn }), master)
  }
  return {
    title: `postgres alternating-users, twin ${twin}, on ${server.label}`,
    server: server.label,
    function: alternatingUsersFunction(server),
    oldValue: 'works',
    make,
    fresh: (secrets) => make(secrets),
    withFields: (secrets, fields) => make(secrets, { fields }),
    logins: { setSecret: 2, testSecret: 1 },
    // The superuser's secret is read while the function logs in as AWSCURRENT.
    calls: { all: 12, inTurn: 7 },
    ...serverView(server),
    hostile: everyOddity(make, { 'a name of 57 bytes, which _clone makes 63': { name: 'é', length: 57 } }),
    sequences: server.major === 18 ? 8 : 3,
  }
}

const oddities: Readonly<Record<string, TargetWish>> = {
  'quotes and backslashes in the name': { name: `We"ird 'u\\ser` },
  'unicode in the name': { name: 'ünïcødé 名前 🗝' },
  'percent and dollar signs in the name': { name: `%s%20 $1 $$ \${x}` },
  'SQL in the name': { name: '"; DROP ROLE x; --' },
  'a line break and spaces at the ends of the name': { name: ' a\nb ' },
  'quotes, backslashes, signs, unicode and a line break in the password': {
    password: `${randomPassword()}'"\\ $1 \${x} %s%20 é 名 --\n;`,
  },
  'a password that looks like a verifier': { password: `SCRAM-SHA-256$4096:${randomPassword()}` },
  'fields that nobody knows, in their order, with big numbers and __proto__': {
    fields: { ['__proto__']: '{"a":1}', big: '12345678901234567890', exact: '1.10', 'a "b"': '[null,{"z":1e400}]' },
  },
  'the port as a string': { fields: { port: 'as a string' } },
}

function everyOddity(make: (store: Store, wish: TargetWish) => Promise<Target>, more: typeof oddities) {
  const all = Object.entries({ ...oddities, ...more })
  return Object.fromEntries(all.map(([oddity, wish]) => [oddity, (secrets: Store) => make(secrets, wish)]))
}

/** A SecretString with its fields in an unusual order, written by hand so that nothing changes what is odd about it. */
export function secretString(
  at: ServerFields,
  { username, password, database = 'postgres' }: TestLogin,
  { port, ...more }: Readonly<Record<string, string>> = {},
): string {
  const fields = {
    ...{ password: JSON.stringify(password), port: port === 'as a string' ? `"${at.port}"` : (port ?? `${at.port}`) },
    ...{ engine: '"postgres"', host: '"localhost"', username: JSON.stringify(username) },
    ...{ dbname: JSON.stringify(database), ...at.fields, ...more },
  }
  return `{${Object.entries(fields)
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`)
    .join()}}`
}

function target(server: TestServer, base: TestLogin, value: string, master?: TestLogin): PostgresTarget {
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
    snapshot: () => roleSnapshot(server, base),
    sensitive: (text) => [loginIn(text).password],
    others: [...(master === undefined ? [] : [master.password]), server.superuser.password],
    logins: [base.username, twinOf(base), ...(master === undefined ? [] : [master.username])],
  }
}
