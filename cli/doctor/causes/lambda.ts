import { parsedArn, withoutQualifier } from '../arn.ts'
import { type Cause, cause, isInTrouble, isStuck, reported } from '../cause.ts'
import { known, type Lambda } from '../seen.ts'
import { isKeyturn } from '../whose.ts'
import { lineWith, short } from './code.ts'

/** The timeout of AWS's functions, which docs/errors.md asks for, too. */
const enoughSeconds = 30
/** Below this, AWS says, Secrets Manager goes round in circles (user guide, "Troubleshoot rotation"). */
const enoughConcurrency = 10

/** When Lambda deprecates a runtime (developer guide, "Lambda runtimes"). Older runtimes are long gone and not listed. */
const deprecated: Readonly<Record<string, string>> = {
  'nodejs18.x': '2025-09-01',
  'nodejs20.x': '2026-04-30',
  'nodejs22.x': '2027-04-30',
  'nodejs24.x': '2028-04-30',
  'python3.9': '2025-12-15',
  'python3.10': '2026-10-31',
  'python3.11': '2027-06-30',
  'python3.12': '2028-10-31',
  'python3.13': '2029-06-30',
  'python3.14': '2029-06-30',
}
const longGone = /^(nodejs(4|6|8|10|12|14|16)|python(2|3\.[678]$)|nodejs$)/

const configure = ({ name }: Lambda, what: string) =>
  `aws lambda update-function-configuration --function-name ${name} ${what}`

/** Causes in the function's own settings. */
export const lambdaCauses: readonly Cause[] = [
  cause(35, 'The function is gone, or in another Region', ({ secret, lambda, region }) => {
    const arn = known(secret)?.functionArn
    if (arn === undefined) return undefined
    const there = parsedArn(arn)?.region ?? region
    const gone = 'is' in lambda && lambda.is === undefined
    if (there === region && !gone) return undefined
    return {
      certainty: 'sure',
      saw: gone ? `There is no function ${arn}.` : `The function ${arn} is in ${there}, the secret in ${region}.`,
      remedy: 'Deploy a function here, and name it. This only tests; keyturn rotate then rotates.',
      command: `aws secretsmanager rotate-secret --secret-id ${known(secret)?.arn} --rotation-lambda-arn FUNCTION --no-rotate-immediately`,
    }
  }),
  cause(37, 'Lambda cannot start the function', ({ lambda }) => {
    const about = known(lambda)
    if (about === undefined || (about.state !== 'Failed' && about.lastUpdate !== 'Failed')) return undefined
    const saw = `The state of the function is ${about.state}, its last update ${about.lastUpdate}: ${about.stateReason ?? 'Lambda says no more'}`
    return { certainty: 'sure', saw, remedy: 'Deploy the function again.' }
  }),
  cause(14, 'The runtime is deprecated', ({ lambda, now }) => {
    const { runtime } = known(lambda) ?? {}
    const date = runtime === undefined ? undefined : deprecated[runtime]
    const past = date !== undefined ? Date.parse(date) < now : longGone.test(runtime ?? '')
    if (!past) return undefined
    const saw = `Lambda has deprecated ${runtime}${date === undefined ? '' : ` on ${date}`}: the function runs on, but cannot be updated for long.`
    return {
      certainty: 'note',
      saw,
      remedy: 'Deploy a function with a runtime of today. keyturn adopt says which of Keyturn fits.',
    }
  }),
  cause(3, 'The time of the function is too short', (seen) => {
    const about = known(seen.lambda)
    if (about === undefined) return undefined
    const line = lineWith(seen, /Task timed out|Sandbox\.Timedout/)
    const found = reported(seen, ({ code }) => code === 'TimedOut')
    const isShort = about.timeoutSeconds < enoughSeconds
    if (line === undefined && found === undefined && !(isShort && isInTrouble(seen))) return undefined
    const what = found?.text ?? (line === undefined ? 'A rotation fails.' : short(line))
    const saw = `The timeout of the function is ${about.timeoutSeconds} s. ${what}`
    const timedOut = line !== undefined || found !== undefined
    if (isShort) {
      const command = configure(about, `--timeout ${enoughSeconds}`)
      return { certainty: timedOut ? 'sure' : 'likely', saw, remedy: `Give it ${enoughSeconds} s.`, command }
    }
    return { certainty: 'likely', saw, remedy: 'Something outside answers too slowly or never: look at the network.' }
  }),
  cause(16, 'Too little concurrency', ({ lambda }) => {
    const about = known(lambda)
    if (about === undefined) return undefined
    const [reserved, provisioned, throttles = 0] = [
      known(about.reserved),
      known(about.provisioned),
      known(about.throttles),
    ]
    const few = [reserved, provisioned].some((count) => count !== undefined && count < enoughConcurrency)
    if (!few && throttles === 0) return undefined
    const refused = throttles === 0 ? '' : ` Lambda refused to start it ${throttles} times in three days.`
    const saw = `Reserved concurrency: ${reserved ?? 'none'}, provisioned: ${provisioned ?? 'none'}.${refused}`
    const command =
      reserved !== undefined && reserved < enoughConcurrency
        ? `aws lambda delete-function-concurrency --function-name ${about.name}`
        : undefined
    return {
      certainty: throttles > 0 || few ? 'sure' : 'likely',
      saw,
      remedy: `Reserve none, or ${enoughConcurrency} or more; else raise the limit of the account.`,
      ...(command === undefined ? {} : { command }),
    }
  }),
  cause(15, 'Secret, function and role are of different accounts', (seen) => {
    const about = known(seen.lambda)
    const secret = known(seen.secret)
    const accounts = [secret?.arn, about?.arn, about?.roleArn].map((arn) => parsedArn(arn ?? '')?.account)
    const refused = known(seen.traces)?.findLast(({ error = '' }) => /was not created by Lambda/.test(error))
    if (refused !== undefined && isStuck(seen))
      return { certainty: 'sure', saw: `Secrets Manager: ${refused.error}`, remedy: tokenRemedy }
    if (about === undefined || new Set(accounts.filter((each) => each !== undefined)).size < 2) return undefined
    const saw = `The secret is of account ${accounts[0]}, the function of ${accounts[1]}, its role of ${accounts[2]}.`
    if (secret?.keyId === undefined && accounts[0] !== accounts[2])
      return {
        certainty: 'sure',
        saw: `${saw} No other account can use the key aws/secretsmanager.`,
        remedy: 'Give the secret a key of your own, which lets the role in.',
      }
    return isKeyturn(about) ? undefined : { certainty: 'likely', saw, remedy: tokenRemedy }
  }),
  cause(38, 'The secret names another version of the function than its role', ({ secret, lambda, role }) => {
    const arn = known(secret)?.functionArn
    const { qualifier, arn: plain } = withoutQualifier(arn ?? '')
    const denied = known(role)?.some(
      ({ action, decision }) => action.startsWith('secretsmanager:') && decision !== 'allowed',
    )
    if (qualifier === undefined || known(lambda) === undefined || denied !== true) return undefined
    const saw = `The secret names ${qualifier} of the function; the condition AllowRotationLambdaArn of its role names the function itself.`
    const command = `aws secretsmanager rotate-secret --secret-id ${known(secret)?.arn} --rotation-lambda-arn ${plain} --no-rotate-immediately`
    return {
      certainty: 'likely',
      saw,
      remedy: 'Name the function without a version or alias. This only tests; keyturn rotate then rotates.',
      command,
    }
  }),
]

const tokenRemedy =
  'The function must pass RotationToken to PutSecretValue, as those of Keyturn do. Remove AWSPENDING, then rotate again.'
