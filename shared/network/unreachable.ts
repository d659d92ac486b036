import { type ErrorDetails, RotationError } from '../errors/rotation-error.ts'
import { kind, ours, say, type Words } from '../errors/words.ts'

/** What was to be reached. */
export interface Destination {
  readonly host: string
  /** With the port, and with whatever it is reached through. */
  readonly where: string
  /** A sentence that is added, on what that means for what was to be sent. */
  readonly consequence?: Words
}

/**
 * Nothing has accepted a connection, of whatever kind the server was to be.
 * @param code Node's; empty where nothing was said
 * @param details what is known beyond the general cause and remedy; of a name that cannot be resolved only cause and effect
 *   are taken
 */
export function unreachable(
  code: string,
  { host, where, consequence = ours('') }: Destination,
  details: ErrorDetails,
): RotationError {
  if (code !== 'ENOTFOUND' && code !== 'EAI_AGAIN') {
    return new RotationError('Unreachable', say`${where} cannot be reached (${reasonOf(code)}).${consequence}`, details)
  }
  return new RotationError('Unreachable', say`The name ${host} cannot be resolved (${kind(code)}).${consequence}`, {
    ...details,
    likely: say`The host is misspelt or deleted, or the name is not known in the network of the function.`,
    remedy: say`Check the host, and the DNS of the VPC if the function is in one.`,
  })
}

/** The reason that stands in brackets behind a failure. @param code Node's; empty, or that of an abort, where no answer came */
export function reasonOf(code: string): Words {
  return code === '' || code === 'ABORT_ERR' ? ours('no answer in time') : kind(code)
}
