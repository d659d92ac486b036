import { type Environment, wholeNumber } from '../../shared/environment.ts'

export interface TransferSettings {
  /** Of the function, whose servers it can reach. */
  readonly region: string
  /** The least size of a new RSA key. */
  readonly rsaBits: number
}

/**
 * Reads SSH_RSA_BITS (2048 to 8192, default 3072), and AWS_REGION, which Lambda sets.
 * @throws RotationError InvalidConfiguration
 */
export function settings(env: Environment): TransferSettings {
  const rsaBits = wholeNumber('SSH_RSA_BITS', env, { default: 3072, min: 2048, max: 8192 })
  return { region: env.AWS_REGION ?? '', rsaBits }
}
