import { expect } from 'vitest'
import type { TestLogin } from '../support/test-server.ts'
import type { Place, Whose } from './place.ts'

/** What an application does with a login, on one kind of server. */
export interface Application {
  /** A session that is open until it is disposed of. Throws where the login is refused. */
  connect(login: TestLogin): Promise<AppSession>
}

export interface AppSession extends AsyncDisposable {
  /** Writes and reads a table of somebody else's by what was granted, and makes one. */
  work(): Promise<void>
  /** Reads and writes all tables that any login of the secret has made. */
  share(): Promise<void>
}

/** A secret whose logins are used after each rotation. */
export interface UsedSecret {
  readonly secretId: string
  /** Rotates, and proves by using what the values may do then. */
  rotate(whose: Whose, functionId: string, previous: 'works' | 'is refused'): Promise<void>
  /** Runs statements, and proves after each that both values and the sessions that were open before go on. */
  run(statements: readonly string[], query: (sql: string) => Promise<unknown>): Promise<void>
  /** Whose login AWSCURRENT is. */
  username(): Promise<string>
  /** @param shares whether what one login has made is to be used by the other */
  prove(previous: 'works' | 'is refused' | 'is none'): Promise<void>
  login(label: 'AWSCURRENT' | 'AWSPREVIOUS'): Promise<TestLogin>
}

/** @param shares whether what one login of the secret makes is of use to the other */
export function usedSecret(
  place: Place,
  secretId: string,
  application: Application,
  shares: () => boolean,
): UsedSecret {
  async function login(label: 'AWSCURRENT' | 'AWSPREVIOUS'): Promise<TestLogin> {
    const value = await place.value(secretId, label)
    if (value === undefined) throw new Error(`There is no ${label}.`)
    const { username, password } = JSON.parse(value)
    return { username, password }
  }
  async function use(label: 'AWSCURRENT' | 'AWSPREVIOUS'): Promise<void> {
    await using session = await application.connect(await login(label))
    await session.work()
    if (shares()) await session.share()
  }
  async function prove(previous: 'works' | 'is refused' | 'is none'): Promise<void> {
    await use('AWSCURRENT')
    if (previous === 'works') await use('AWSPREVIOUS')
    if (previous === 'is refused') await expect(use('AWSPREVIOUS')).rejects.toThrow(/denied|authentication failed/)
  }
  return {
    secretId,
    login,
    prove,
    username: async () => (await login('AWSCURRENT')).username,
    async rotate(whose, functionId, previous) {
      await place.rotate(secretId, whose, functionId)
      await prove(previous)
    },
    async run(statements, query) {
      await using current = await application.connect(await login('AWSCURRENT'))
      await using previous = await application.connect(await login('AWSPREVIOUS'))
      for (const statement of statements) {
        await query(statement)
        for (const session of [current, previous]) await session.work()
        await prove('works')
      }
    },
  }
}
