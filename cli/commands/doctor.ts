import { askUnless } from '../aws/ask.ts'
import { secretsOf } from '../aws/secrets.ts'
import { command, exitCodes, oneSecret } from '../command.ts'
import { diagnose } from '../doctor/causes.ts'
import { gather } from '../doctor/gather.ts'
import { forPeople, forPrograms } from '../doctor/report.ts'
import { secretOf } from '../doctor/services/secret.ts'

const help = `Finds out why the rotation of a secret fails, and says what mends it.

  keyturn doctor SECRET [--read-value] [--json]

  --read-value  reads host, user name, engine and masterarn out of the secret; its password is not looked at

It only reads. What it may not read it says, and goes on. "Certain" stops rotations, "likely" may, a
"note" stops none today. docs/doctor.md has all causes.
Exit code: 0 nothing stops rotations, 1 something does or may, 2 wrong arguments, 3 AWS could not be asked.

Example:
  keyturn doctor my/database
`

export default command({
  help,
  options: {
    'read-value': { type: 'boolean', default: false },
  },
  async run({ values, names, terminal, connection }) {
    const name = oneSecret(names)
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
      probe: async () => ({ unknown: 'the function was not asked' }),
      progress: terminal.progress,
    })
    const found = diagnose(seen)
    const lines = values.json ? forPrograms(seen, found) : forPeople(seen, found, terminal)
    for (const line of lines) terminal.print(line)
    return found.some(({ certainty }) => certainty !== 'note') ? exitCodes.attention : exitCodes.fine
  },
})
