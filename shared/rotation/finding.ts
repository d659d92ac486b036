import { RotationError } from '../errors/rotation-error.ts'
import type { Words } from '../errors/words.ts'

/** A version that a probe is to look at. */
export interface ProbedVersion<S> {
  readonly id: string
  /** None, where the version is deprecated. */
  readonly labels: readonly string[]
  readonly secret: S
}

/** What a probe has found out about one thing: a version of the secret, or something else that a rotation needs. */
export interface Finding {
  readonly about: 'version' | 'superuser' | 'administrator' | 'rights' | 'tls'
  /** The id of a version. */
  readonly version?: string
  /** `untried` where it cannot be proved, or where proving it could do harm: `says` says which. */
  readonly verdict: 'works' | 'fails' | 'untried'
  readonly says: Words
  /** Untried, because a refused login could lock the account: no other order of logins changes that. */
  readonly mayLock?: boolean
  /** Where it fails. */
  readonly error?: RotationError
}

type About = Pick<Finding, 'about' | 'version' | 'mayLock'>

/** What a finding is about. */
export const version = ({ id }: { readonly id: string }): About => ({ about: 'version', version: id })

export const untried = (about: About, says: Words): Finding => ({ ...about, verdict: 'untried', says })
export const works = (about: About, says: Words): Finding => ({ ...about, verdict: 'works', says })
export const fails = (about: About, error: RotationError): Finding => ({
  ...about,
  verdict: 'fails',
  says: error.what,
  error,
})

/**
 * Tries something that changes nothing.
 * @param prove says what it has proved
 * @throws whatever is no RotationError: a defect
 */
export async function tried(about: About, prove: () => Promise<Words>): Promise<Finding> {
  try {
    return works(about, await prove())
  } catch (error) {
    if (!(error instanceof RotationError)) throw error
    return fails(about, error)
  }
}

/** The version with a label, where it could be read. */
export function labelled<S>(versions: readonly ProbedVersion<S>[], label: string): ProbedVersion<S> | undefined {
  return versions.find(({ labels }) => labels.includes(label))
}
