import type { Words } from '../errors/words.ts'
import type { ProviderSettings } from '../http/provider-settings.ts'

/** What differs between the kinds of credentials that a provider mints, and that are rotated by a description of it. */
export interface Kind {
  /** In sentences: `key`. */
  readonly noun: Words
  /** The field of the secret that holds the credential. */
  readonly value: string
  /** The field by which the provider knows it. */
  readonly id: string
  /** The field of the other half, where credentials come in pairs. */
  readonly second?: string
  /** Fields with further values that nobody may see. */
  readonly secrets: readonly string[]
  /** Descriptions that come with the function, by name. Each is checked when it is used. */
  readonly bundled: Readonly<Record<string, unknown>>
  /** Providers whose credentials no machine may mint, with what to use instead. */
  readonly refused: Readonly<Record<string, Words>>
}

/** What a function that rotates one kind is told by its variables. */
export interface DescribedSettings extends ProviderSettings {
  /** Secrets that a secret may name in admin_secret_arn. */
  readonly adminSecretArns: readonly string[]
  /** Whether a first credential, which nobody here has made, may be revoked when it has become AWSPREVIOUS's. */
  readonly revokeFirst: boolean
}
