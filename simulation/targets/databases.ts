import { alternatingUsers } from '../../shared/database/alternating-users.ts'
import { dualPassword } from '../../shared/database/dual-password.ts'
import type { CloneSession, DatabaseEngine, DualPasswordSession } from '../../shared/database/engine.ts'
import type { DatabaseSecret } from '../../shared/database/secret.ts'
import type { ServerDirectory } from '../../shared/database/server-directory.ts'
import { singleUser } from '../../shared/database/single-user.ts'
import { rotate } from '../../shared/rotation/rotate.ts'
import type { SecretType } from '../../shared/rotation/secret-type.ts'
import type { SimulatedType } from '../world/simulated-type.ts'
import { type Database, type DatabaseRules, database, newAccount } from './database.ts'
import { type EngineKind, modelEngine } from './database-engine.ts'
import { remembering } from './remembering.ts'

export type Strategy = (engine: DatabaseEngine<DualPasswordSession & CloneSession>) => SecretType<DatabaseSecret>

export interface DatabaseCase {
  readonly name: string
  readonly kind: EngineKind
  readonly rules: DatabaseRules
  readonly overlap: boolean
  /** Whether the secret names a superuser. */
  readonly superuser: boolean
  readonly strategy: Strategy
}

const postgres: EngineKind = { name: 'as PostgreSQL', compares: false, namesBoth: false }
const mysql: EngineKind = { name: 'as MySQL', compares: true, namesBoth: false, provesClones: true }
const mariadb: EngineKind = {
  name: 'as MariaDB',
  compares: false,
  namesBoth: true,
  provesClones: true,
  asksOther: true,
}

const nobody: ServerDirectory = { instance: async () => undefined, cluster: async () => undefined }

const dual: Strategy = (engine) => dualPassword(engine, nobody)
const pair: Strategy = (engine) => alternatingUsers(engine, nobody)

const [source, replica] = ['one', 'two'].map((name) => `${name}.abc.us-east-1.rds.amazonaws.com`)
/** Stands for RDS, and says that one server is a read replica of the other. */
const related: ServerDirectory = {
  ...nobody,
  instance: async (id) => ({
    engine: 'postgres',
    endpoint: { host: (id === 'one' ? source : replica) ?? '', port: 1 },
    replicaOf: id === 'two' ? 'one' : undefined,
    cluster: undefined,
  }),
}

const never: DatabaseRules = { lockAfter: undefined }
/** FAILED_LOGIN_ATTEMPTS, max_password_errors: as few as an administrator may reasonably set. */
const locks: DatabaseRules = { lockAfter: 3 }
const alone = { overlap: false, superuser: false, strategy: singleUser } as const
const both = { overlap: true, strategy: dual } as const
const clones = { overlap: true, superuser: true, strategy: pair } as const

export const databaseCases: readonly DatabaseCase[] = [
  { name: 'postgres-single-user', kind: postgres, rules: never, ...alone },
  { name: 'mysql-single-user', kind: mysql, rules: locks, ...alone },
  { name: 'mysql-single-user-two-tries', kind: mysql, rules: { lockAfter: 2 }, ...alone },
  { name: 'mariadb-single-user', kind: mariadb, rules: locks, ...alone },
  { name: 'mysql-dual-password', kind: mysql, rules: locks, superuser: false, ...both },
  { name: 'mysql-dual-password-superuser', kind: mysql, rules: locks, superuser: true, ...both },
  { name: 'mariadb-dual-password-superuser', kind: mariadb, rules: locks, superuser: true, ...both },
  { name: 'postgres-alternating-users', kind: postgres, rules: never, ...clones },
  {
    name: 'postgres-alternating-users-replica',
    kind: postgres,
    rules: { ...never, ...(replica !== undefined && { replica }) },
    ...clones,
    strategy: (engine) => alternatingUsers(engine, related),
  },
  { name: 'mysql-alternating-users', kind: mysql, rules: locks, ...clones },
  { name: 'mariadb-alternating-users', kind: mariadb, rules: locks, ...clones },
]

const login = { engine: 'model', host: 'db.example', username: 'app', password: 'the first password' }
const superuser = { ...login, username: 'superuser', password: 'of the superuser' }

/** A kind of database with a strategy, as the simulation sees it. */
export function simulatedDatabase(about: DatabaseCase): SimulatedType {
  const read = new Map<string, DatabaseSecret>()
  return {
    name: about.name,
    real: 'protocol, strategy and secret',
    below: `SQL, locks and sessions of the server, below DatabaseEngine${about.rules.replica === undefined ? '' : '; and a replication that takes more than a second'}`,
    ...(about.rules.replica !== undefined && { isLarge: true as const }),
    overlap: about.overlap,
    target: () =>
      database(about.rules, { app: newAccount(login.password), superuser: newAccount(superuser.password, 'rwxy') }),
    value: (masterarn) =>
      JSON.stringify({
        ...login,
        ...(about.superuser && { masterarn }),
        ...(about.rules.replica !== undefined && { host: about.rules.replica }),
      }),
    superuser: JSON.stringify({ ...superuser, ...(about.rules.replica !== undefined && { host: source }) }),
    rotate(event, around, world, outside) {
      const engine = modelEngine(about.kind, world.target as Database, outside)
      return rotate(remembering(about.strategy(engine), read), event, around)
    },
  }
}
