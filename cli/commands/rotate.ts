import { secretsOf } from '../aws/secrets.ts'
import { command, exitCodes, oneSecret } from '../command.ts'
import { start, watchStarted } from '../rotation/start.ts'
import { forPeople, forPrograms } from '../rotation/talk.ts'
import { second, secondsGiven } from '../times.ts'

const help = `Rotates a secret now, and shows how it goes until it is certain how it ended.

  keyturn rotate SECRET [--test] [--no-watch] [--timeout S] [--json]

  SECRET       its name or ARN
  --test       runs testSecret alone, on the value in use: nothing is changed
  --no-watch   starts it and says no more than which version it is
  --timeout S  watches for so many seconds at most; 600 unless given

Each step is shown with what was done, or with the code, what happened, the likely cause and what to do. Where an earlier
rotation has not ended, Secrets Manager takes that one up again. Ctrl-C stops the watching, and the rotation goes on.
Exit code: 0 the secret was rotated (or tested), 1 that failed or is not over, 2 wrong arguments, 3 AWS could not be
asked, 130 after Ctrl-C.

Example:
  keyturn rotate my/database
`

export default command({
  help,
  options: {
    test: { type: 'boolean', default: false },
    'no-watch': { type: 'boolean', default: false },
    timeout: { type: 'string', default: '600' },
  },
  async run({ values, names, terminal, connection }) {
    const name = oneSecret(names)
    const timeoutMs = secondsGiven('--timeout', values.timeout) * second
    const secrets = secretsOf(connection)
    const secret = await secrets.describe(name)
    const talk = values.json ? forPrograms(terminal) : forPeople(terminal, name)
    if (secret === undefined) return talk.refused(`There is no secret ${name} in this Region and account.`)
    if (secret.rotationEnabled === false) talk.note(`Rotation of ${secret.name} was off: this turns it on again.`)
    const kind = values.test ? 'test' : 'rotation'
    const stop = new AbortController()
    const run = { secrets, connection, talk, timeoutMs, stop: stop.signal }
    const once = async () => {
      const started = await start(secret, kind, secrets)
      if ('refusal' in started) return { refusal: started.refusal }
      talk.started(secret, started.version, kind, started.again)
      if (values['no-watch']) return {}
      process.once('SIGINT', () => stop.abort())
      return watchStarted(secret, started, kind, run)
    }
    const first = await once()
    // The rotation that was taken up again was only the test with which rotation was turned on.
    const ending = kind === 'rotation' && 'outcome' in first && first.outcome === 'tested' ? await once() : first
    if ('refusal' in ending) return talk.refused(ending.refusal)
    if (!('outcome' in ending)) return exitCodes.fine
    const { outcome } = ending
    if (outcome === 'stopped') process.exit(130)
    return outcome === 'rotated' || outcome === 'tested' ? exitCodes.fine : exitCodes.attention
  },
})
