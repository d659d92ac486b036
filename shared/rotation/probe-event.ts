import * as v from 'valibot'
import { RotationError } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import { printable } from './event.ts'

/** What an operator sends in place of Secrets Manager, to have a look from the function's own network and role. */
export interface ProbeEvent {
  readonly secretId: string
  /** Of versions without a label, which the role may not list. */
  readonly versionIds: readonly string[]
  /** The version that is tried first, where no login can lock an account. */
  readonly first: string | undefined
}

const versionId = printable(64)
const schema = v.object({
  KeyturnProbe: v.literal(1),
  SecretId: printable(2048),
  VersionIds: v.optional(v.pipe(v.array(versionId), v.maxLength(10)), []),
  First: v.optional(versionId),
})

/** Secrets Manager never sends such an event. */
export function isProbe(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'KeyturnProbe' in event
}

/** @throws RotationError InvalidEvent, which names the field and never shows its value */
export function parseProbe(event: unknown): ProbeEvent {
  const result = v.safeParse(schema, event)
  if (result.success) {
    const { SecretId, VersionIds, First } = result.output
    return { secretId: SecretId, versionIds: VersionIds, first: First }
  }
  const field = v.getDotPath(result.issues[0])?.replace(/\..*$/, '') ?? ''
  throw new RotationError('InvalidEvent', say`"${ours(field)}" of the probe cannot be used.`, {
    remedy: say`Send {"KeyturnProbe":1,"SecretId":"ARN"}, with at most ten ids in "VersionIds".`,
  })
}
