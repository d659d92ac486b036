import { inject } from 'vitest'
import './servers.ts'

/** The facts about a server that was started. */
export interface ServerFacts {
  readonly version: string
  readonly host: '127.0.0.1'
  readonly port: number
  readonly superuser: TestLogin
  /** PEM of the authority of its certificate. */
  readonly ca: string
}

/** A database server, as the suites use it. All of them share it: use databases and logins of your own. */
export interface DatabaseServer<Client, Session> extends ServerFacts {
  /** For the servers' table at the end of a run. */
  readonly label: string
  /**
   * Runs statements as the superuser, in sessions that leave none of them in the server's log: what is found there was
   * left by the functions under test. Values take the places of `?`, on PostgreSQL of `$1` and so on.
   */
  query<Row extends object = Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<Row[]>
  /** A session of its own of that kind. */
  admin(database?: string): Promise<Client>
  /** Logs in and gives what the server says of the session; undefined where the password is refused. */
  login(login: TestLogin): Promise<Session | undefined>
  /** What the server has logged since this file asked for it, from the position `after` on. */
  log(after?: number): Promise<string>
}

export interface TestLogin {
  readonly username: string
  readonly password: string
  readonly database?: string | undefined
}

/**
 * A server of this run, started when it is first asked for.
 * @param path of `starts` in servers.ts
 * @throws Error which says why it cannot be had, and fails the file that asks
 */
export async function serverOfThisRun(
  path: string,
): Promise<{ readonly facts: ServerFacts; readLog(after: number): Promise<string> }> {
  const url = `${inject('serversUrl')}/${path}`
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${path} cannot be had: ${await response.text()}`)
  // Earlier lines are about the values of other files: looking through them took the longest suites seconds.
  const { logged, ...facts } = (await response.json()) as ServerFacts & { readonly logged: number }
  return { facts, readLog: async (after) => (await fetch(`${url}/log?after=${logged + after}`)).text() }
}
