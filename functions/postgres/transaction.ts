import type { Client, QueryResult } from 'pg'
import { refuseTooOld } from './versions.ts'

/** A transaction whose first and last statements go with others, so that it costs no round trip of its own. */
export interface Transaction {
  /** Begins it. @returns the answers to the questions */
  ask(questions: readonly string[]): Promise<readonly QueryResult[]>
  /** Runs the last statements and commits. */
  finish(statements: readonly string[]): Promise<void>
  /** Begins, runs and commits, all in one round trip. */
  whole(statements: readonly string[]): Promise<readonly QueryResult[]>
}

/** @param timeoutMs when the server is to give up, so that it is the server that says what was waited for */
export function transaction(client: Client, access: 'READ WRITE' | 'READ ONLY', timeoutMs: () => number): Transaction {
  async function send(statements: readonly string[]): Promise<readonly QueryResult[]> {
    // `pg` gives a list where there are several statements, which its types do not know.
    return (await client.query(statements.join(';\n'))) as unknown as QueryResult[]
  }
  async function begin(statements: readonly string[]) {
    const first = beginning(access, timeoutMs())
    return (await send([...first, ...statements])).slice(first.length)
  }
  return {
    ask: begin,
    whole: (statements) => begin([...statements, 'COMMIT']),
    async finish(statements) {
      await send([...statements, 'COMMIT'])
    },
  }
}

/** All of it is local to the transaction: a pooler may keep the session. */
function beginning(access: string, timeoutMs: number): string[] {
  return [
    // Said, because a role may have a default: it is about its work and not about its password.
    `BEGIN ISOLATION LEVEL READ COMMITTED, ${access}`,
    // Whatever a role may have set as its own search_path must not decide what our statements mean.
    'SET LOCAL search_path = pg_catalog, pg_temp',
    `SET LOCAL statement_timeout = ${timeoutMs}`,
    `SET LOCAL lock_timeout = ${timeoutMs}`,
    refuseTooOld,
    // What is acknowledged has to survive a crash of the server. Other values than off do: they are about standbys.
    "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'",
  ]
}
