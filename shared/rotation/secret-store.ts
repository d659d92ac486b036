/** Where secrets are kept. Implemented by `shared/aws/secrets-manager.ts`; all methods throw RotationError only. */
export interface SecretStore {
  describe(secretId: string): Promise<SecretDescription>
  /** The value of one version, or undefined where the version or the label has none. */
  read(secretId: string, version: VersionName): Promise<StoredValue | undefined>
  /**
   * Stores AWSPENDING under `token`, and moves labels of our own to it in the same call. Gives false where a value is stored under the token already, which is then
   * left as it is (PutSecretValue, "ClientRequestToken"). The `effect` of an error is `none` where it is proved that nothing
   * was stored.
   */
  putPending(
    secretId: string,
    token: string,
    value: string,
    rotationToken: string | undefined,
    ownLabels?: readonly string[],
  ): Promise<boolean>
  /**
   * Stores the value of a version once more under its own id, which changes nothing (PutSecretValue, "ClientRequestToken"), and
   * proves that this function may store. Throws where it may not.
   */
  putAgain(secretId: string, version: { readonly id: string; readonly text: string }, label: string): Promise<void>
  /**
   * Moves a label of our own: to a version, off one, or both. Gives false where the label is not where it was thought to be:
   * AWS compares, and nothing is changed then (UpdateSecretVersionStage, "RemoveFromVersionId").
   */
  moveLabel(secretId: string, label: string, move: LabelMove): Promise<boolean>
  /** Moves AWSCURRENT in one call. Throws VersionConflict where `from` does not hold it any more. */
  promote(secretId: string, token: string, from: string | undefined): Promise<void>
}

export interface LabelMove {
  readonly from?: string
  readonly to?: string
}

/** By its id, by a label, or by both, which then must go together. */
type VersionName =
  | { readonly id?: string; readonly label: string }
  | { readonly id: string; readonly label?: undefined }

export type Label = 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS'

export interface SecretDescription {
  /** Absent where rotation was never configured, which AWS's own functions accept. */
  readonly rotationEnabled: boolean | undefined
  /** The function that rotates it. */
  readonly rotationLambdaArn: string | undefined
  /** Version id to its staging labels. */
  readonly labels: ReadonlyMap<string, readonly string[]>
  /** When anything of the secret was last changed: until the promotion, when the pending value was stored. */
  readonly lastChanged: Date | undefined
  readonly tags: ReadonlyMap<string, string>
  /** How many days are between two rotations by schedule, where there is one. */
  readonly rotationDays: number | undefined
}

/** A SecretString; `undefined` text means that the value is binary. */
export interface StoredValue {
  /** The version that it is the value of. */
  readonly id: string | undefined
  readonly text: string | undefined
  readonly created: Date | undefined
}

/** How the text of a secret is read. */
export interface SecretForm<S> {
  /** Takes a SecretString. Throws InvalidSecret that names the field, never the value. */
  parse(secretString: string): S
  /**
   * The values in it, at whatever depth, that must never reach a log or an error. Of a text that `parse` refuses, all
   * values are taken for such.
   */
  sensitive(secret: S): readonly string[]
}
