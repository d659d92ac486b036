import type { ProviderSettings } from '../http/provider-settings.ts'

export interface DescribedSettings extends ProviderSettings {
  /** Secrets that a secret may name in admin_secret_arn. */
  readonly adminSecretArns: readonly string[]
  /** Whether a first credential, which nobody here has made, may be revoked when it has become AWSPREVIOUS's. */
  readonly revokeFirst: boolean
}
