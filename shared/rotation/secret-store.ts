/** Where secrets are kept. Implemented by `shared/aws/secrets-manager.ts`; all methods throw RotationError only. */
export interface SecretStore {
  describe(secretId: string): Promise<SecretDescription>
  /** The value of one version, or undefined where the version or the label has none. */
  read(secretId: string, version: { readonly id?: string; readonly label: string }): Promise<StoredValue | undefined>
  /**
   * Stores AWSPENDING under `token`. Gives false where a value is stored under the token already, which is then
   * left as it is (PutSecretValue, "ClientRequestToken"). The `effect` of an error is `none` where it is proved that nothing
   * was stored.
   */
  putPending(secretId: string, token: string, value: string, rotationToken: string | undefined): Promise<boolean>
  /** Moves AWSCURRENT in one call. Throws VersionConflict where `from` does not hold it any more. */
  promote(secretId: string, token: string, from: string | undefined): Promise<void>
}

export type Label = 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS'

export interface SecretDescription {
  /** Absent where rotation was never configured, which AWS's own functions accept. */
  readonly rotationEnabled: boolean | undefined
  /** Version id to its staging labels. */
  readonly labels: ReadonlyMap<string, readonly string[]>
  /** When anything of the secret was last changed: until the promotion, when the pending value was stored. */
  readonly lastChanged: Date | undefined
  readonly tags: ReadonlyMap<string, string>
}

/** A SecretString; `undefined` text means that the value is binary. */
export interface StoredValue {
  /** The version that it is the value of. */
  readonly id: string | undefined
  readonly text: string | undefined
}
