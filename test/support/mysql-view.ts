import type { TestServer } from './mysql.ts'

/** How often some users logged in, and how often they were refused. */
export interface LoginCount {
  readonly accepted: number
  readonly refused: number
}

/**
 * Counts the logins of some users in the server's general log, until `stop` is called: tests that count the functions' logins must
 * make none of their own meanwhile. A login with a wrong password counts as refused; the log does not tell a login to a locked
 * account from an accepted one.
 */
export async function watchLogins(
  server: TestServer,
  usernames: readonly string[],
): Promise<{ stop(): Promise<LoginCount> }> {
  const start = (await server.log()).length
  return {
    async stop() {
      const log = await server.log(start)
      const count = (text: (name: string) => string) =>
        usernames.reduce((sum, name) => sum + log.split(text(name)).length - 1, 0)
      // A refused login leaves a line as an accepted one does, and a second one.
      const attempted = count((name) => ` Connect\t${name}@`)
      const refused = count((name) => ` Connect\tAccess denied for user '${name}'@`)
      return { accepted: attempted - refused, refused }
    },
  }
}
