import { type Client, DatabaseError, escapeIdentifier, escapeLiteral } from 'pg'
import type { TwinSession } from '../../shared/database/engine.ts'
import type { Login } from '../../shared/database/secret.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { RotationError } from '../../shared/rotation/errors.ts'
import { statementError } from './errors.ts'
import { saltFor, scramVerifier } from './scram.ts'
import { expectedUser, planTwin, twinDifferences } from './twin.ts'
import { readTwinState } from './twin-state.ts'

/** Two runs that change the same role at once: the second one's attempt is undone and may simply be repeated. */
const collisions = new Set(['simple_heap_update', 'heap_update', 'CreateRole', '_bt_check_unique'])
const attempts = 5

export function postgresSession(
  client: Client,
  login: Login,
  format: 'scram-sha-256' | 'cleartext',
  context: RotationContext,
  close: () => Promise<void>,
): TwinSession {
  /** Runs statements in one transaction and one round trip. Timeouts are local to it: a pooler may keep the session. */
  async function transact(statements: readonly string[]): Promise<void> {
    // A little before our own deadline, so that it is the server that says what was waited for.
    const timeoutMs = Math.max(1, Math.floor(context.remainingMs()) - 250)
    await client.query(
      [
        // READ WRITE: a role may have default_transaction_read_only, which is about its work and not about its password.
        'BEGIN READ WRITE',
        // Whatever a role may have set as its own search_path must not decide what our statements mean.
        "SET LOCAL search_path = ''",
        `SET LOCAL statement_timeout = ${timeoutMs}`,
        `SET LOCAL lock_timeout = ${timeoutMs}`,
        ...statements,
        'COMMIT',
      ].join(';\n'),
    )
  }

  const failed = (error: unknown, doing: string) => statementError(error, doing, login, context.signal.aborted)

  async function change(doing: string, statements: () => Promise<readonly string[]>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await transact(await statements())
      } catch (error) {
        if (error instanceof RotationError) throw error
        if (attempt === attempts || !isCollision(error)) throw failed(error, doing)
        await client.query('ROLLBACK').catch(() => undefined)
        await context.sleep(20 * attempt * (1 + (context.randomBytes(1)[0] ?? 0) / 256))
      }
    }
  }

  function passwordClause(username: string, password: string): string {
    if (format === 'cleartext') return `PASSWORD ${escapeLiteral(password)}`
    const verifier = scramVerifier(password, saltFor(context.token, username))
    context.conceal(verifier)
    return `PASSWORD '${verifier}'`
  }

  async function ask<T>(doing: string, question: () => Promise<T>): Promise<T> {
    try {
      return await question()
    } catch (error) {
      throw error instanceof RotationError ? error : failed(error, doing)
    }
  }

  return {
    async setPassword(password) {
      const { username } = login
      const statement = `ALTER ROLE ${escapeIdentifier(username)} ${passwordClause(username, password)}`
      // A twin's sessions run as its base; its own password it changes as itself.
      await change(`changing the password of ${username}`, async () => ['SET LOCAL ROLE NONE', statement])
    },

    async ensureTwin(names, { username, password }) {
      const clause = passwordClause(username, password)
      let differences: readonly string[] = []
      await change(`making ${names.twin} the twin of ${names.base}`, async () => {
        const plan = planTwin(await readTwinState(client, names), names, username, clause)
        differences = plan.differences
        return plan.statements
      })
      if (differences.length > 0) context.did(`made ${names.twin} equal in: ${differences.join(', ')}`)
    },

    async checkTwin(names) {
      const state = await ask('comparing the rights of the two logins', () => readTwinState(client, names))
      const differences = twinDifferences(state, names).map(({ what }) => what)
      const expected = expectedUser(state, names)
      if (state.sessionUser === names.twin && state.currentUser !== expected) {
        differences.unshift(`${names.twin} does not run as ${expected}`)
      }
      if (differences.length === 0) return
      throw new RotationError('PrivilegesDiffer', `${names.twin} and ${names.base} differ: ${differences.join('; ')}.`)
    },

    [Symbol.asyncDispose]: close,
  }
}

/** "tuple concurrently updated" is the internal error XX000; a role created by the other run is 42710 or 23505. */
function isCollision(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false
  return ['XX000', '42710', '23505'].includes(error.code ?? '') && collisions.has(error.routine ?? '')
}
