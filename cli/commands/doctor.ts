import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { lonePending } from '../../shared/secret-state.ts'
import { askUnless } from '../aws/ask.ts'
import type { Connection } from '../aws/connection.ts'
import { secretsOf } from '../aws/secrets.ts'
import { command, exitCodes, oneSecret } from '../command.ts'
import { diagnose } from '../doctor/causes.ts'
import { carryOut, type Fixing } from '../doctor/fix.ts'
import { gather } from '../doctor/gather.ts'
import { planOf } from '../doctor/plan.ts'
import { probeAnswer } from '../doctor/probing.ts'
import { forPeople, forPrograms } from '../doctor/report.ts'
import { known, type Secret, type Seen } from '../doctor/seen.ts'
import { secretOf } from '../doctor/services/secret.ts'
import { UsageError } from '../failures.ts'
import type { Terminal } from '../terminal.ts'
import { second } from '../times.ts'

const help = `Finds out why the rotation of a secret fails, and says what mends it.

  keyturn doctor SECRET [--no-probe] [--read-value] [--fix [--yes]] [--json]

  --no-probe    asks AWS alone, and does not let the function look from its own network and role
  --read-value  reads host, user name, engine and masterarn out of the secret; its password is not looked at
  --fix         after the probe and after asking: rotates on where AWSPENDING works; or removes an AWSPENDING that does
                not work where AWSCURRENT does, if no step can be running, waits for one timeout of the function, looks
                again, and puts the label back if it works by then. AWSCURRENT is never touched
  --yes         does not ask

It only reads, except with --fix. What it may not read it says, and goes on. "Certain" stops rotations, "likely" may, a
"note" stops none today. docs/doctor.md has all causes.
Exit code: 0 nothing stops rotations, 1 something does or may, 2 wrong arguments, 3 AWS could not be asked.

Example:
  keyturn doctor my/database
`

export default command({
  help,
  options: {
    'no-probe': { type: 'boolean', default: false },
    'read-value': { type: 'boolean', default: false },
    fix: { type: 'boolean', default: false },
    yes: { type: 'boolean', default: false },
  },
  async run({ values, names, terminal, connection }) {
    const name = oneSecret(names)
    if (values.yes && !values.fix) throw new UsageError('--yes goes with --fix.')
    const { client } = secretsOf(connection)
    const secret = await askUnless(
      ['ResourceNotFoundException'],
      'secretsmanager:DescribeSecret',
      secretOf(client, name),
    )
    if (secret === undefined) {
      terminal.note(`There is no secret ${name} in this Region and account.`)
      return exitCodes.attention
    }
    const seen = await gather({
      connection,
      client,
      secret,
      now: Date.now(),
      readValue: values['read-value'],
      probes: !values['no-probe'],
      progress: terminal.progress,
    })
    const found = diagnose(seen)
    const lines = values.json ? forPrograms(seen, found) : forPeople(seen, found, terminal)
    for (const line of lines) terminal.print(line)
    if (values.fix) {
      const fixed = await carryOut(planOf(seen), fixingOf({ client, connection, secret, seen, terminal, values }))
      if (fixed) return exitCodes.fine
      // Then something is stuck still; without it, the findings decide, as ever.
      if (isPending(seen)) return exitCodes.attention
    }
    return found.some(({ certainty }) => certainty !== 'note') ? exitCodes.attention : exitCodes.fine
  },
})

function isPending(seen: Seen): boolean {
  const secret = known(seen.secret)
  return secret === undefined || lonePending(secret) !== undefined
}

interface Around {
  readonly client: SecretsManagerClient
  readonly connection: Connection
  readonly secret: Secret
  readonly seen: Seen
  readonly terminal: Terminal
  readonly values: { readonly json: boolean; readonly yes: boolean }
}

function fixingOf({ client, connection, secret, seen, terminal, values }: Around): Fixing {
  const lambda = known(seen.lambda)
  return {
    client,
    secret,
    timeoutMs: (lambda?.timeoutSeconds ?? 0) * second,
    probeAgain: (about, version) => probeAnswer(connection, lambda, about, [version], version),
    say: (text) => terminal.print(values.json ? JSON.stringify({ secret: secret.arn, fix: text }) : text),
    agrees: async (question) => values.yes || terminal.confirm(question),
    progress: terminal.progress,
  }
}
