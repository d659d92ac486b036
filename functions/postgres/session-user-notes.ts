import { type Client, escapeLiteral } from 'pg'
import { say, type Words } from '../../shared/errors/words.ts'
import { transaction } from './transaction.ts'

/** Not longer, whatever the database holds: it is a note, and the change is done. */
const timeoutMs = 1_000

/** How an expression that names the login is stored: SVFOP_SESSION_USER (primnodes.h), the same in all versions from 10 on. */
const sessionUser = escapeLiteral('%{SQLVALUEFUNCTION :op 12 %')
const mostNames = 3

/** Row policies and views that name the login itself, in the database of the session: to them the clone is another user. */
const question = `
SELECT 'policy ' || quote_ident(p.polname) || ' of ' || p.polrelid::regclass::text AS it FROM pg_catalog.pg_policy p
  WHERE p.polqual::text LIKE ${sessionUser} OR p.polwithcheck::text LIKE ${sessionUser}
UNION ALL
SELECT 'view ' || r.ev_class::regclass::text FROM pg_catalog.pg_rewrite r
  WHERE r.ev_class >= 16384 AND r.ev_action::text LIKE ${sessionUser}
LIMIT ${mostNames + 1}`

/**
 * A note for the log where something in the database asks for session_user. Asked after the pair has changed, and never
 * what a rotation fails for.
 */
export async function noteOnSessionUser(client: Client): Promise<Words | undefined> {
  const asked = transaction(client, 'READ ONLY', () => timeoutMs).whole([question])
  const rows = await asked.then(
    ([answer]) => (answer?.rows ?? []) as { it: string }[],
    () => [],
  )
  if (rows.length === 0) return undefined
  const names = rows.slice(0, mostNames).map(({ it }) => it)
  const list = rows.length > mostNames ? [...names, 'and more'] : names
  return say`found what asks for session_user, which differs between the two logins: ${list.join(', ')}`
}
