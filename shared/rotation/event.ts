import * as v from 'valibot'
import { RotationError } from '../errors/rotation-error.ts'
import { ours } from '../errors/words.ts'

/** The steps in the order in which Secrets Manager invokes them. */
export const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const
export type Step = (typeof steps)[number]

/**
 * What Secrets Manager sends (user guide, "Rotation by Lambda function"). Which step it is is checked last, after the
 * state of the secret, as AWS's own functions do. RotationToken is absent from older callers and from emulators.
 */
export interface RotationEvent {
  readonly step: string
  readonly secretId: string
  readonly token: string
  readonly rotationToken: string | undefined
}

/** The form of a text of printable ASCII. */
export const printable = (most: number, least = 1) =>
  v.pipe(v.string(), v.regex(/^[ -~]+$/), v.minLength(least), v.maxLength(most))

const schema = v.object({
  Step: printable(64),
  SecretId: printable(2048),
  ClientRequestToken: printable(64, 32),
  RotationToken: v.optional(v.pipe(v.string(), v.regex(/^[a-zA-Z0-9-]{36,256}$/))),
})

/**
 * @param event anything a caller may send
 * @throws RotationError InvalidEvent, which names the field and never shows its value
 */
export function parseEvent(event: unknown): RotationEvent {
  const result = v.safeParse(schema, event)
  if (!result.success) throw new RotationError('InvalidEvent', ours(whatIsWrong(event, result.issues[0])))
  const { Step, SecretId, ClientRequestToken, RotationToken } = result.output
  return { step: Step, secretId: SecretId, token: ClientRequestToken, rotationToken: RotationToken }
}

function whatIsWrong(event: unknown, issue: v.BaseIssue<unknown>): string {
  const field = v.getDotPath(issue)
  if (field === null) return 'The event is not a JSON object.'
  const value = (event as Record<string, unknown>)[field]
  if (value === undefined || value === '') return `No value provided for "${field}".`
  if (typeof value !== 'string') return `"${field}" must be a string.`
  if (field === 'ClientRequestToken' && /^[ -~]+$/.test(value))
    return '"ClientRequestToken" must have 32 to 64 characters.'
  if (field === 'RotationToken') return '"RotationToken" must have 36 to 256 letters, digits and hyphens.'
  const limit = field === 'Step' ? 64 : 2048
  if (value.length > limit) return `"${field}" must have at most ${limit} characters.`
  return `"${field}" contains invalid characters. Only printable ASCII characters are allowed.`
}
