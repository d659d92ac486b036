import { type Cause, cause, type Finding, isInTrouble, pendingOf } from '../cause.ts'
import { known, type LogLine, type Seen } from '../seen.ts'
import { isKeyturn } from '../whose.ts'
import { reportedAs } from './target.ts'

/** The newest line of Lambda itself, or of the function's code, that matches. */
export function lineWith(seen: Seen, pattern: RegExp): LogLine | undefined {
  return isInTrouble(seen) ? known(seen.log)?.findLast(({ text }) => pattern.test(text)) : undefined
}

export const short = ({ text }: LogLine) => text.slice(0, 300)

/** Causes in the function's code, found in its log. */
export const codeCauses: readonly Cause[] = [
  cause(13, 'Runtime and package do not fit together', (seen) => {
    const about = known(seen.lambda)
    const line = lineWith(
      seen,
      /Runtime\.(ImportModuleError|HandlerNotFound|UserCodeSyntaxError|CallbackHandlerDeprecated|ExitError)|Unable to import module/,
    )
    if (about === undefined) return undefined
    const remedy = 'Deploy the function again, with the runtime that it was built for.'
    if (line !== undefined)
      return { certainty: 'sure', saw: `${about.runtime}, ${about.handler}: ${short(line)}`, remedy }
    if (about.handler === undefined || about.handler.includes('.')) return undefined
    return { certainty: 'sure', saw: `The handler ${about.handler} names no function of a module.`, remedy }
  }),
  cause(11, 'An old client library cannot do SCRAM', (seen) => {
    const about = known(seen.lambda)
    const line = lineWith(seen, /Unable to log into database|SCRAM authentication requires/)
    if (about === undefined || line === undefined || isKeyturn(about)) return undefined
    const certain = /SCRAM/.test(line.text)
    if (!certain && !(/postgres/i.test(`${about.name} ${about.description}`) && /^python/.test(about.runtime ?? '')))
      return undefined
    const saw = `A function in Python says: ${short(line)}`
    return {
      certainty: certain ? 'sure' : 'likely',
      saw,
      remedy:
        'Where password_encryption is scram-sha-256, an old libpq cannot log in. keyturn adopt says which of Keyturn fits in its place.',
    }
  }),
  cause(19, 'An error in the code, or a step that it does not have', (seen) => stepFinding(seen)),
  cause(32, 'The log shows what it should not', (seen) => {
    const about = known(seen.lambda)
    const line = known(seen.log)?.findLast(({ text }) => /"?RotationToken"?['":\s]+[A-Za-z0-9-]{20}/.test(text))
    if (about === undefined || line === undefined) return undefined
    return {
      certainty: 'note',
      saw: `The log group ${about.logGroup} has events with the RotationToken, which is a secret${about.logLevel === undefined ? '' : ` (log level ${about.logLevel})`}.`,
      remedy: 'Let the function log no events, and delete what it has written.',
    }
  }),
]

/** A finding about missing steps, or about errors that no other cause names. */
function stepFinding(seen: Seen): Finding | undefined {
  const about = known(seen.lambda)
  if (about === undefined) return undefined
  if (isKeyturn(about)) return reportedAs(seen, ({ code }) => code === 'Internal')
  const missing = lineWith(seen, /NotImplementedError/)
  const pattern = /\[ERROR\]|^ERROR|Uncaught|Traceback/
  const line = missing ?? lineWith(seen, pattern)
  if (line === undefined || pendingOf(known(seen.secret)) === undefined) return undefined
  const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'].filter((step) =>
    known(seen.log)?.some(({ text }) => text.includes(`${step}:`)),
  )
  const saw = `The log speaks of ${steps.join(', ') || 'no step'}; its last error: ${short(line)}`
  const remedy =
    missing !== undefined
      ? "AWS's template for other secrets has only createSecret and finishSecret: write the two others."
      : 'Correct the function, or see with keyturn adopt which of Keyturn fits.'
  return { certainty: missing !== undefined ? 'sure' : 'likely', saw, remedy }
}
