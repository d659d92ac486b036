import { nativeHash } from '../../../shared/mysql-family/native-hash.ts'
import { rotationCalls } from '../../contract/calls.ts'
import type { TestServer } from '../../support/mysql.ts'
import { randomPassword } from '../../support/random.ts'
import type { TestLogin } from '../../support/test-server.ts'
import { databaseFunction, databaseType, oddFields, strategies, type WishedType } from '../databases/database-type.ts'
import { type AccountWish, createAccount, oddAccounts, severalHosts } from '../databases/mysql-accounts.ts'
import { type ServerFields, secretStringOf } from '../databases/secret-string.ts'
import { type Store, targetsOf } from '../databases/target.ts'
import { accountSnapshot, createClone, createMaster, createPasswordMaster } from './accounts.ts'
import { serverView } from './server-view.ts'

/** What a target is to be like. */
export interface TargetWish extends AccountWish {
  /** The login of the superuser's secret; an administrator without all privileges when left out. */
  readonly master?: TestLogin
}

export type MariadbType = WishedType<TargetWish>

export const secretString = secretStringOf('mariadb')
const target = targetsOf(secretString, accountSnapshot)

/** @param at what the secrets say of the server, where it is to be reached in another way */
export function singleUser(server: TestServer, at: ServerFields = { port: server.port }): MariadbType {
  return databaseType<TargetWish>({
    ...common(server),
    ...strategies['single-user'],
    calls: rotationCalls.MariadbSingleUser.usual,
    oddities,
    title: `mariadb single-user on ${server.label}`,
    strategy: 'single-user',
    function: databaseFunction('mariadb/single-user', server),
    async make({ store }: Store, wish: TargetWish = {}) {
      return target({ server, at, store }, await createAccount(server, wish), wish.fields)
    },
  })
}

/** @param by who makes the change: the account, which administers the server itself, or the superuser */
export function dualPassword(
  server: TestServer,
  by: 'itself' | 'a superuser',
  at: ServerFields = { port: server.port },
): MariadbType {
  const administrator = { grants: ['CREATE USER ON *.*', 'SELECT ON mysql.*'] }
  return databaseType<TargetWish>({
    ...common(server),
    ...strategies[`dual-password, by ${by}`],
    calls: rotationCalls.MariadbDualPassword[by === 'itself' ? 'byItself' : 'usual'],
    title: `mariadb dual-password, by ${by}, on ${server.label}`,
    strategy: 'dual-password',
    function: databaseFunction('mariadb/dual-password', server),
    oddities: { ...oddities, 'accounts on several hosts': severalHosts },
    async make({ store }: Store, wish: TargetWish = {}) {
      const base = await createAccount(server, by === 'itself' ? { ...administrator, ...wish } : wish)
      const master = by === 'itself' ? undefined : (wish.master ?? (await createPasswordMaster(server)))
      return target({ server, at, store }, base, wish.fields, master)
    },
  })
}

export function alternatingUsers(
  server: TestServer,
  clone: 'missing' | 'existing',
  at: ServerFields = { port: server.port },
): MariadbType {
  return databaseType<TargetWish>({
    ...common(server),
    ...strategies['alternating-users'],
    title: `mariadb alternating-users, clone ${clone}, on ${server.label}`,
    strategy: 'alternating-users',
    function: databaseFunction('mariadb/alternating-users', server),
    logins: { setSecret: 2, testSecret: 2 },
    calls: rotationCalls.MariadbAlternatingUsers.usual,
    oddities: {
      ...oddities,
      'accounts on several hosts': severalHosts,
      'grants of all kinds': {
        grants: ['SELECT, INSERT ON *.*', 'CREATE VIEW ON `a\\_b`.*', "USAGE ON `it's ``TO`.*"],
      },
    },
    async make({ store }: Store, wish: TargetWish = {}) {
      const base = await createAccount(server, wish)
      const master = wish.master ?? (await createMaster(server))
      if (clone === 'existing' && wish.hosts === undefined) await createClone(server, base, wish.grants ?? [])
      return target({ server, at, store }, base, wish.fields, master)
    },
  })
}

function common(server: TestServer) {
  return { ...serverView(server), server: server.label, sequences: server.version.startsWith('11.8') ? 4 : 2 }
}

const oddities: Readonly<Record<string, AccountWish>> = {
  ...oddAccounts,
  ...oddFields,
  'SQL in the name': { name: `' TO x; DROP --` },
  'a password that looks like a hash': { password: nativeHash(randomPassword()) },
  'the longest name': { name: 'é', length: 74 },
}
