import { rotationCalls } from '../../contract/calls.ts'
import type { TestServer } from '../../support/mysql.ts'
import { randomPassword } from '../../support/random.ts'
import { databaseFunction, databaseType, oddFields, strategies, type WishedType } from '../databases/database-type.ts'
import { type AccountWish, createAccount, oddAccounts, severalHosts } from '../databases/mysql-accounts.ts'
import { loginIn, type ServerFields, secretStringOf } from '../databases/secret-string.ts'
import { type Store, targetsOf } from '../databases/target.ts'
import {
  accountSnapshot,
  accountSnapshotByPassword,
  createClone,
  createMaster,
  createPasswordMaster,
} from './accounts.ts'
import { serverView } from './server-view.ts'

export type MysqlType = WishedType<AccountWish>

export const secretString = secretStringOf('mysql')
const target = targetsOf(secretString, accountSnapshot)

/** @param at what the secrets say of the server, where it is to be reached in another way */
export function singleUser(server: TestServer, at: ServerFields = { port: server.port }): MysqlType {
  return databaseType<AccountWish>({
    ...common(server),
    ...strategies['single-user'],
    calls: rotationCalls.MysqlSingleUser.usual,
    title: `mysql single-user on ${server.label}`,
    strategy: 'single-user',
    function: databaseFunction('mysql/single-user', server),
    oddities: { ...oddities, 'a name of 32 characters': { name: 'é', length: 32 } },
    async make({ store }: Store, wish: AccountWish = {}) {
      return target({ server, at, store }, await createAccount(server, wish), wish.fields)
    },
  })
}

/** @param by who makes the change: the account, which is allowed to, or the superuser */
export function dualPassword(
  server: TestServer,
  by: 'itself' | 'a superuser',
  at: ServerFields = { port: server.port },
): MysqlType {
  return databaseType<AccountWish>({
    ...common(server),
    ...strategies[`dual-password, by ${by}`],
    calls: rotationCalls.MysqlDualPassword[by === 'itself' ? 'usual' : 'bySuperuser'],
    title: `mysql dual-password, by ${by}, on ${server.label}`,
    strategy: 'dual-password',
    function: databaseFunction('mysql/dual-password', server),
    oddities: {
      ...oddities,
      'a name of 32 characters': { name: 'é', length: 32 },
      ...(by === 'a superuser' && { 'accounts on several hosts': severalHosts }),
    },
    async make({ store }: Store, wish: AccountWish = {}) {
      if (by === 'a superuser') {
        const [base, master] = [await createAccount(server, wish), await createPasswordMaster(server)]
        return target({ server, at, store }, base, wish.fields, master)
      }
      const base = await createAccount(server, { grants: ['APPLICATION_PASSWORD_ADMIN ON *.*'], ...wish })
      const made = await target({ server, at, store }, base, wish.fields)
      const known = new Set([base.password])
      const sensitive = (text: string) => {
        const { password } = loginIn(text)
        known.add(password)
        return [password]
      }
      return { ...made, sensitive, snapshot: () => accountSnapshotByPassword(server, base, known) }
    },
  })
}

export function alternatingUsers(
  server: TestServer,
  clone: 'missing' | 'existing',
  at: ServerFields = { port: server.port },
): MysqlType {
  return databaseType<AccountWish>({
    ...common(server),
    ...strategies['alternating-users'],
    calls: rotationCalls.MysqlAlternatingUsers.usual,
    title: `mysql alternating-users, clone ${clone}, on ${server.label}`,
    strategy: 'alternating-users',
    function: databaseFunction('mysql/alternating-users', server),
    oddities: {
      ...oddities,
      'accounts on several hosts': severalHosts,
      'a name of 26 characters, which _clone makes 32': { name: 'é', length: 26 },
    },
    async make({ store }: Store, wish: AccountWish = {}) {
      const [base, master] = [await createAccount(server, wish), await createMaster(server)]
      if (clone === 'existing') await createClone(server, base, wish.hosts)
      return target({ server, at, store }, base, wish.fields, master)
    },
  })
}

/** For what must be the same with every strategy. */
export const everyStrategy: Readonly<Record<string, (server: TestServer, at?: ServerFields) => MysqlType>> = {
  'single-user': singleUser,
  'dual-password by itself': (server, at) => dualPassword(server, 'itself', at),
  'dual-password by a superuser': (server, at) => dualPassword(server, 'a superuser', at),
  'alternating-users': (server, at) => alternatingUsers(server, 'missing', at),
}

function common(server: TestServer) {
  return { ...serverView(server), server: server.label }
}

const oddities: Readonly<Record<string, AccountWish>> = {
  ...oddAccounts,
  ...oddFields,
  'SQL in the name': { name: `'; DROP --` },
  'a password that looks like a hash': { password: `*${randomPassword().toUpperCase()}` },
}
