import type { SecretFacts } from '../../shared/secret-state.ts'
import { describedFunction } from '../adopt/functions.ts'
import { type Described, type Recognised, recognise } from '../adopt/recognise.ts'
import { adopt, goBack, type Switched } from '../adopt/switch.ts'
import type { Connection } from '../aws/connection.ts'
import { type Secrets, secretsOf } from '../aws/secrets.ts'
import { command, exitCodes } from '../command.ts'
import { isKeyturn } from '../doctor/whose.ts'
import { UsageError } from '../failures.ts'
import { eachOf } from '../pool.ts'
import type { Run } from '../rotation/start.ts'
import { forPeople, forPrograms } from '../rotation/talk.ts'
import type { Terminal } from '../terminal.ts'
import { minute } from '../times.ts'

const help = `Recognises the secrets that AWS's own functions rotate, says which function of Keyturn fits, and switches to it.

  keyturn adopt [SECRET...] [--from FUNCTION] [--json]
  keyturn adopt SECRET... --apply --to FUNCTION [--yes]
  keyturn adopt SECRET... --back [--yes]

  SECRET           names or ARNs; without any, all secrets of the Region
  --from FUNCTION  those that this function rotates
  --apply          switches them to the function of --to, by a rotation that only tests: nothing is rotated, the schedule
                   stays. Where the test does not succeed, the function before is put back
  --back           gives them back to the function that they had before, which a tag of the secret says
  --yes            does not ask

Exit code: 0 what was asked for is done, 1 something could not be switched, 2 wrong arguments, 3 AWS could not be asked.

Example:
  keyturn adopt my/database --apply --to keyturn-PostgresSingleUser
`

interface Found {
  readonly secret: SecretFacts
  readonly its: Described | undefined
  readonly is: Recognised | undefined
}

const atOnce = 8

export default command({
  help,
  options: {
    from: { type: 'string' },
    to: { type: 'string' },
    apply: { type: 'boolean', default: false },
    back: { type: 'boolean', default: false },
    yes: { type: 'boolean', default: false },
  },
  async run({ values, names, terminal, connection }) {
    const { apply, back, to, from, json } = values
    if (apply === true && back === true) throw new UsageError('Give --apply or --back, not both.')
    if (apply && to === undefined) throw new UsageError('--apply needs --to FUNCTION, one of Keyturn.')
    if ((apply || back) && names.length === 0 && from === undefined) throw new UsageError('Name the secrets to switch.')
    const secrets = secretsOf(connection)
    const found = await foundSecrets(names, from, secrets, connection, terminal)
    if (!apply && !back) {
      for (const line of found.flatMap((each) => shown(each, json))) terminal.print(line)
      if (found.length === 0) terminal.note("No secret was found that a function of AWS's rotates.")
      return exitCodes.fine
    }
    const target = to === undefined ? undefined : await targetOf(connection, to)
    const what = back ? 'back to the functions that they had' : `to ${target}`
    if (found.length === 0) return exitCodes.attention
    if (
      !values.yes &&
      !(await terminal.confirm(`Switch ${found.map(({ secret }) => secret.name).join(', ')} ${what}?`))
    ) {
      terminal.note('Nothing was done. --yes does it without asking.')
      return exitCodes.attention
    }
    const results: Switched[] = []
    // One after the other: an operator who sees the first fail can stop.
    for (const { secret } of found) {
      const talk = json ? forPrograms(terminal) : forPeople(terminal, secret.name)
      const run: Run = { secrets, connection, talk, timeoutMs: 10 * minute, stop: new AbortController().signal }
      const result = back ? await goBack(secret, run) : await adopt(secret, target ?? '', run)
      results.push(result)
      const text = result.done ? `${secret.name} is switched.` : `${secret.name} is not switched. ${result.why}`
      terminal.print(json ? JSON.stringify({ secret: secret.arn, switched: result.done, says: text }) : text)
    }
    return results.every(({ done }) => done) ? exitCodes.fine : exitCodes.attention
  },
})

/** @returns its ARN. @throws UsageError where it is none of Keyturn */
async function targetOf(connection: Connection, to: string): Promise<string> {
  const target = await describedFunction(connection, to)
  if (target === undefined) throw new UsageError(`There is no function ${to} in this Region and account.`)
  if (!isKeyturn(target)) throw new UsageError(`${to} is none of Keyturn: its handler is ${target.handler}.`)
  return target.arn
}

/** The secrets that are named, or all that AWS's functions rotate, with what rotates them. */
async function foundSecrets(
  names: readonly string[],
  from: string | undefined,
  secrets: Secrets,
  connection: Connection,
  terminal: Terminal,
): Promise<readonly Found[]> {
  const described = await eachOf(names, atOnce, (name) => secrets.describe(name))
  const missing = names.filter((_, index) => described[index] === undefined)
  if (missing.length > 0) throw new UsageError(`There is no secret ${missing.join(', ')} in this Region and account.`)
  const named = described.filter((each) => each !== undefined)
  const all: SecretFacts[] = [...named]
  if (names.length === 0) for await (const page of secrets.list(false)) all.push(...page)
  const isFrom = ({ functionArn }: SecretFacts) =>
    from === undefined || functionArn === from || nameOf(functionArn) === from
  const wanted = all.filter(({ functionArn }) => functionArn !== undefined).filter(isFrom)
  terminal.progress(`looks at the functions of ${wanted.length} secrets ...`)
  const arns = [...new Set(wanted.flatMap(({ functionArn }) => functionArn ?? []))]
  const functions = new Map(
    await eachOf(arns, atOnce, async (arn) => [arn, await describedFunction(connection, arn)] as const),
  )
  const found = wanted.map((secret) => {
    const its = functions.get(secret.functionArn ?? '')
    return { secret, its, is: its && recognise(its) }
  })
  return names.length > 0 || from !== undefined ? found : found.filter(({ is }) => is !== undefined)
}

const nameOf = (functionArn = '') => functionArn.split(':')[6]

function shown({ secret, its, is }: Found, json: boolean | undefined): string[] {
  if (json === true) return [JSON.stringify({ secret: secret.name, function: secret.functionArn, ...is })]
  const about = its === undefined ? `${nameOf(secret.functionArn)} is gone` : `${its.name} (${its.runtime})`
  if (is === undefined) return [`${secret.name}: ${about} is none of AWS's that is known here.`]
  if (is.fits === undefined) return [`${secret.name}: ${about} is ${is.is}; Keyturn has no function for that.`]
  const refuses = is.refuses.map((each) => `    refused at first: ${each}`)
  const apply = `    keyturn adopt ${secret.name} --apply --to STACK-${is.fits}`
  return [`${secret.name}: ${about} is ${is.is}; ${is.fits} fits.`, ...refuses, apply]
}
