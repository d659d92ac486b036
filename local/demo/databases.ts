import { randomBytes } from 'node:crypto'
import { basename, dirname } from 'node:path'
import { CreateSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createDatabase, type Driver } from '../../examples/application/database.ts'
import { discoverFunctions } from '../functions.ts'
import type { Client, Demonstration } from './target.ts'

/** What a strategy does, and what it costs. */
interface Strategy extends Pick<Demonstration, 'summary' | 'overlap'> {
  readonly logins: number
  readonly calls: number
  /** Whether the secret names the superuser's secret. */
  readonly superuser: boolean
  /** The beginnings of statements (`GRANT ... TO`) that give the login more rights than other applications have. */
  readonly grants?: readonly string[]
}

/** The strategies, by the name of a function's file. */
const strategies: Readonly<Record<string, Strategy>> = {
  'single-user': {
    summary: 'the login changes its own password',
    overlap: false,
    logins: 2,
    calls: 11,
    superuser: false,
  },
  'dual-password': {
    summary: 'one login has two passwords, the new one and the one before',
    overlap: true,
    logins: 4,
    calls: 12,
    superuser: true,
  },
  'alternating-users': {
    summary: 'two logins with the same rights take turns',
    overlap: true,
    logins: 3,
    calls: 12,
    superuser: true,
  },
}

interface Login {
  readonly username: string
  readonly password: string
}

interface Database {
  /** The folder of its functions, and the engine in its secrets. */
  readonly engine: string
  readonly host: string
  readonly port: number
  readonly dbname: string
  readonly superuser: Login
  /** What is different about a strategy on this engine. */
  readonly strategies?: Readonly<Record<string, Partial<Strategy>>>
  createLogin(login: Login, grants: readonly string[]): Promise<void>
}

/** A demonstration of each function that rotates logins of a kind of database. */
export async function demonstrationsOn({ createLogin, ...database }: Database): Promise<Demonstration[]> {
  const { engine, host, port, dbname, superuser } = database
  const modules = Object.entries(await discoverFunctions()).filter(([, path]) => basename(dirname(path)) === engine)
  const demonstrations = modules.map(([functionId, path]): Demonstration => {
    const file = basename(path, '.ts')
    const usual = strategies[file]
    if (usual === undefined) throw new Error(`local/demo/databases.ts knows no strategy ${file}.`)
    const { summary, overlap, logins, calls, ...wish } = { ...usual, ...database.strategies?.[file] }
    const secretName = `demo/${engine}/${file}`
    return {
      functionId,
      summary,
      overlap,
      secretName,
      expectedLogins: logins,
      expectedCalls: calls,
      async prepare(secretsManager) {
        const login = { username: `app_${file.split('-')[0]}`, password: randomBytes(12).toString('hex') }
        await createLogin(login, wish.grants ?? [])
        const store = (Name: string, secret: object) => storeIn(secretsManager, Name, { engine, host, port, ...secret })
        const masterarn = wish.superuser ? await store(`${secretName}-superuser`, superuser) : undefined
        await store(secretName, { dbname, ...login, ...(masterarn && { masterarn }) })
      },
    }
  })
  // The simplest first.
  return demonstrations.sort((a, b) => Number(a.overlap) - Number(b.overlap))
}

async function storeIn(secretsManager: SecretsManagerClient, Name: string, secret: object) {
  return (await secretsManager.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(secret) }))).ARN
}

/** @param driver which opens a connection for each query */
export function databaseClient(driver: Driver<unknown>): Client {
  return {
    async use(value) {
      const pool = driver.open(JSON.parse(value))
      try {
        await pool.query('SELECT 1', [])
      } finally {
        await pool.end()
      }
    },
    isRefused: (error) => driver.isRefusedLogin(error),
    application(options) {
      const database = createDatabase({ ...options, driver })
      return { use: async () => void (await database.query('SELECT 1')), end: () => database.end() }
    },
  }
}
