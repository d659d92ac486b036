import { type Client, DatabaseError, escapeIdentifier } from 'pg'
import type { CloneSession } from '../../shared/database/engine.ts'
import type { Login } from '../../shared/database/secret.ts'
import { ours, say, type Words } from '../../shared/errors/words.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { checkClone, planClone } from './clone.ts'
import { cloneQuestions, readCloneState } from './clone-state.ts'
import { type Mend, statementError } from './errors.ts'
import type { Greeting } from './greeting.ts'
import { formOfServer, type PasswordForm, passwordClause } from './password-clause.ts'
import { noteOnSessionUser } from './session-user-notes.ts'
import { grantFor, grantToRead } from './superuser-rights.ts'
import { transaction } from './transaction.ts'
import { untested } from './versions.ts'

/** Two runs that change the same role at once: the second one's attempt is undone and may simply be repeated. */
const collisions = new Set(['simple_heap_update', 'heap_update', 'CreateRole', '_bt_check_unique'])
const attempts = 5

/** What is known of a login when its session begins. */
export interface Opened {
  readonly login: Login
  /** What the server said when the client logged in. */
  readonly greeting: Greeting
  /** In which form passwords are sent, where that is configured. */
  readonly form: PasswordForm | undefined
  /** By user: how the server asked for the passwords of all logins so far. */
  readonly asked: ReadonlyMap<string, Greeting['asked']>
}

export function postgresSession(
  client: Client,
  { login, greeting, form, asked }: Opened,
  context: RotationContext,
  close: () => Promise<void>,
): CloneSession {
  // A little before our own deadline.
  const timeoutMs = () => Math.max(1, Math.floor(context.remainingMs()) - 250)
  const writing = transaction(client, 'READ WRITE', timeoutMs)
  const failed = (error: unknown, doing: Words, mend?: Mend) =>
    statementError(error, { doing, login, mend, outOfTime: context.signal.aborted })
  /** What was about to be made equal: where the server refuses that, it may be for one of these. */
  let differences: readonly string[] = []
  const mendClone: Mend = (words, routine) => grantFor(login.username, words, routine, differences, greeting.version)

  /** Runs a change that gives the form it sent a password in, and again where another run was in its way. */
  async function change(doing: Words, attempt: () => Promise<PasswordForm>, mend?: Mend): Promise<void> {
    for (let count = 1; ; count++) {
      try {
        const used = await attempt()
        if (used !== 'scram-sha-256') context.did(say`sent the password in the form ${ours(used)}`)
        const note = untested(greeting.version)
        if (note !== undefined) context.did(note)
        return
      } catch (error) {
        if (count === attempts || !isCollision(error)) throw failed(error, doing, mend)
        await client.query('ROLLBACK').catch(() => undefined)
        await context.sleep(20 * count * (1 + (context.randomBytes(1)[0] ?? 0) / 256))
      }
    }
  }

  /** The form of a new password for one of these users, where the server need not be asked for it. */
  function knownForm(...users: readonly string[]): PasswordForm | undefined {
    // A client that is let in by SCRAM today speaks it, and pg_hba.conf may admit nothing else.
    return form ?? (users.some((user) => asked.get(user) === 'scram-sha-256') ? 'scram-sha-256' : undefined)
  }

  return {
    async setPassword(password) {
      const { username } = login
      const statements = (used: PasswordForm) => [
        // A clone's sessions run as its base; its own password it changes as itself.
        'SET LOCAL ROLE NONE',
        `ALTER ROLE ${escapeIdentifier(username)} ${passwordClause(used, username, password, context)}`,
      ]
      await change(say`changing the password of ${username}`, async () => {
        const known = knownForm(username)
        if (known !== undefined) {
          await writing.whole(statements(known))
          return known
        }
        const [answer] = await writing.ask(["SELECT current_setting('password_encryption') AS form"])
        const [row] = (answer?.rows ?? []) as { form: string }[]
        const used = formOfServer(row?.form ?? '')
        await writing.finish(statements(used))
        return used
      })
    },

    async ensureClone({ username, password, ...names }) {
      const attempt = async () => {
        const known = knownForm(names.base, names.clone)
        const clause = async (form: PasswordForm) => passwordClause(form, username, password, context)
        // The clause takes thousands of rounds of SHA-256: they are gone through while the server answers.
        const [answers, early] = await Promise.all([writing.ask(cloneQuestions(names)), known && clause(known)])
        const state = readCloneState(answers, names)
        const used = known ?? formOfServer(state.passwordEncryption)
        const plan = planClone(state, names, username, early ?? (await clause(used)))
        differences = plan.differences
        await writing.finish(plan.statements)
        return used
      }
      await change(say`making ${names.clone} the clone of ${names.base}`, attempt, mendClone)
      if (differences.length === 0) return
      context.did(say`made ${names.clone} equal in: ${differences.join(', ')}`)
      const note = await noteOnSessionUser(client)
      if (note !== undefined) context.did(note)
    },

    /** As setSecret begins, and no further: a standby refuses even that. */
    async checkReady(change) {
      const clone = change.kind === 'clone' ? change : undefined
      try {
        const answers = await writing.ask(clone === undefined ? [] : cloneQuestions(clone.names))
        if (clone === undefined) return say`The server takes changes, and a login may change its own password.`
        differences = planClone(readCloneState(answers, clone.names), clone.names, clone.username, '').differences
        return say`The server takes changes, and ${login.username} may change the two logins.`
      } catch (error) {
        throw failed(error, say`looking whether ${login.username} may change the password`, mendClone)
      } finally {
        await client.query('ROLLBACK').catch(() => undefined)
      }
    },

    async checkClone(names) {
      const reading = transaction(client, 'READ ONLY', timeoutMs)
      const answers = await reading.whole(cloneQuestions(names)).catch((error: unknown) => {
        throw failed(error, say`comparing the rights of the two logins`, () => grantToRead(names.base))
      })
      checkClone(readCloneState(answers, names), names)
    },

    [Symbol.asyncDispose]: close,
  }
}

/** "tuple concurrently updated" is the internal error XX000; a role created by the other run is 42710 or 23505. */
function isCollision(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false
  return ['XX000', '42710', '23505'].includes(error.code ?? '') && collisions.has(error.routine ?? '')
}
