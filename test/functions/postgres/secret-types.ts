import { rotationCalls } from '../../contract/calls.ts'
import type { Suite } from '../../contract/suite.ts'
import type { TestServer } from '../../support/postgres.ts'
import { randomPassword } from '../../support/random.ts'
import type { TestLogin } from '../../support/test-server.ts'
import {
  databaseFunction,
  databaseType,
  oddFields,
  type SecretWish,
  strategies,
  type WishedType,
} from '../databases/database-type.ts'
import { type ServerFields, secretStringOf } from '../databases/secret-string.ts'
import { cloneOf, type Store, targetsOf } from '../databases/target.ts'
import { createClone, createMaster, createRole, type RoleWish, roleSnapshot } from './roles.ts'
import { serverView } from './server-view.ts'

/** What a target is to be like. */
export interface TargetWish extends RoleWish, SecretWish {
  /** Makes the login of the superuser's secret; an administrator without superuser's rights when left out. */
  readonly master?: (base: TestLogin) => Promise<TestLogin>
}

export type PostgresType = WishedType<TargetWish>

export const secretString = secretStringOf('postgres', ({ database = 'postgres' }) => ({
  dbname: JSON.stringify(database),
}))
const target = targetsOf(secretString, roleSnapshot)

/** The wish for a superuser secret of a real superuser, with rights that an administrator lacks. */
export function bySuperuser({ superuser }: Pick<TestServer, 'superuser'>): TargetWish {
  return { master: async () => ({ ...superuser, database: 'postgres' }) }
}

/** A stored secret with such a superuser secret. */
export async function storedBySuperuser(
  server: TestServer,
  { secrets, ...suite }: Suite & { readonly type: PostgresType },
) {
  const made = await suite.type.make(secrets, bySuperuser(server))
  return { ...(await suite.stored(async () => made)), base: made.base, clone: cloneOf(made.base) }
}

/** @param at what the secrets say of the server, where it is to be reached in another way */
export function singleUser(server: TestServer, at: ServerFields = { port: server.port }): PostgresType {
  return databaseType<TargetWish>({
    ...common(server),
    ...strategies['single-user'],
    calls: rotationCalls.PostgresSingleUser.usual,
    title: `postgres single-user on ${server.label}`,
    strategy: 'single-user',
    function: databaseFunction('postgres/single-user', server),
    oddities: { ...oddities, 'a name of 63 bytes': { name: 'é', length: 63 } },
    async make({ store }: Store, wish: TargetWish = {}) {
      return target({ server, at, store }, await createRole(server, wish), wish.fields)
    },
  })
}

export function alternatingUsers(
  server: TestServer,
  clone: 'missing' | 'existing',
  at: ServerFields = { port: server.port },
): PostgresType {
  return databaseType<TargetWish>({
    ...common(server),
    ...strategies['alternating-users'],
    calls: rotationCalls.PostgresAlternatingUsers.usual,
    title: `postgres alternating-users, clone ${clone}, on ${server.label}`,
    strategy: 'alternating-users',
    function: databaseFunction('postgres/alternating-users', server),
    oddities: { ...oddities, 'a name of 57 bytes, which _clone makes 63': { name: 'é', length: 57 } },
    async make({ store }: Store, wish: TargetWish = {}) {
      const base = await createRole(server, wish)
      const master = await (wish.master?.(base) ?? createMaster(server, base))
      if (clone === 'existing') await createClone(server, base, master)
      return target({ server, at, store }, base, wish.fields, master)
    },
  })
}

function common(server: TestServer) {
  return { ...serverView(server), server: server.label, sequences: server.major === 18 ? 4 : 2 }
}

const oddities: Readonly<Record<string, TargetWish>> = {
  ...oddFields,
  'quotes and backslashes in the name': { name: `We"ird 'u\\ser` },
  'unicode in the name': { name: 'ünïcødé 名前 🗝' },
  'percent and dollar signs in the name': { name: `%s%20 $1 $$ \${x}` },
  'SQL in the name': { name: '"; DROP ROLE x; --' },
  'a line break and spaces at the ends of the name': { name: ' a\nb ' },
  'quotes, backslashes, signs, unicode and a line break in the password': {
    password: `${randomPassword()}'"\\ $1 \${x} %s%20 é 名 --\n;`,
  },
  'a password that looks like a verifier': { password: `SCRAM-SHA-256$4096:${randomPassword()}` },
}
