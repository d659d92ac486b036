import { randomUUID } from 'node:crypto'
import type { BenchPlace, Made, Value } from '../target.ts'

export interface Login {
  readonly username: string
  readonly password: string
}

/** The value of a database login's secret. */
export interface DatabaseValue extends Login {
  readonly host: string
  readonly port: number
  readonly dbname: string
}

/** How a strategy is measured. */
export interface Strategy {
  /** Whether the login and its clone take turns. */
  readonly alternates?: boolean
  /** When the function reads the superuser's secret, if it does. */
  readonly superuser?: 'beside' | 'on demand'
  /** The beginnings of statements (`GRANT ... TO`) that give the login more rights than other applications have. */
  readonly grants?: readonly string[]
}

/** The strategies, by the name of a function's file. */
export const strategies: Readonly<Record<string, Strategy>> = {
  'single-user': {},
  'dual-password': { superuser: 'on demand' },
  'alternating-users': { alternates: true, superuser: 'beside' },
}

/** One kind of database, running. */
interface Database {
  /** The fields that all secrets have in common. */
  readonly fields: { readonly engine: string; readonly host: string; readonly port: number; readonly dbname: string }
  readonly superuser: Login
  /** What is different about a strategy on this engine. */
  readonly strategies?: Readonly<Record<string, Strategy>>
  createLogin(login: Login, strategy: Strategy): Promise<void>
  /** Texts that stand for a rotation's passwords in statements (hashes, verifiers), each by a name of its own. */
  derived?(rotation: {
    readonly token: string
    readonly current: Login
    readonly pending: Login
  }): Record<string, string>
}

/** Makes logins, and the values of their secrets. */
export function loginsOf({ fields, superuser, createLogin, derived, ...database }: Database): BenchPlace['make'] {
  return async (file, username): Promise<Made> => {
    const strategy = database.strategies?.[file] ?? strategies[file]
    if (strategy === undefined) throw new Error(`bench/databases/logins.ts knows no strategy ${file}.`)
    const first = { username, password: randomUUID() }
    await createLogin(first, strategy)
    const { superuser: read } = strategy
    return {
      value: { ...fields, ...first },
      other: read && {
        value: { ...fields, ...superuser },
        field: 'masterarn',
        read,
        besides: { dbname: fields.dbname },
      },
      next: (current) => {
        const { username: name } = loginIn(current)
        return { ...current, username: strategy.alternates ? otherName(name) : name, password: randomUUID() }
      },
      who: (value) => loginIn(value).username,
      particulars({ token, ...values }) {
        const [current, pending] = [loginIn(values.current), loginIn(values.pending)]
        const passwords = { current: current.password, pending: pending.password }
        return { ...derived?.({ token, current, pending }), username, ...passwords }
      },
    }
  }
}

export function loginIn(value: Value): DatabaseValue {
  return value as unknown as DatabaseValue
}

function otherName(username: string): string {
  return username.endsWith('_clone') ? username.slice(0, -'_clone'.length) : `${username}_clone`
}
