/**
 * What a rotation is about, as small as it can be: a database, hosts, a provider. It is a state with rules, and knows
 * nothing of runs and faults.
 */
export interface Target {
  /** The same text for states between which nobody can tell a difference. */
  state(): string
  copy(): Target
  /** Whether a SecretString works, when it is used. Changes nothing. */
  works(value: string): boolean
  /** Whether each place lets in with one of these, where a value need not work everywhere. */
  letsIn?(values: readonly string[]): boolean
  /** Whether one SecretString lets do all that another one lets do. */
  canDoAllOf?(value: string, other: string): boolean
  /** Keeps only what was durable, and ends all sessions. */
  crash?(): void
  /** How many credentials of this secret live that none of these values names. */
  unlabelled?(values: readonly string[]): number
  /** How many runs have minted one after a moment. */
  mintedSince?(time: number): number
  /** What no state shows: rules that were broken on the way, by the name of the predicate. */
  readonly broken: ReadonlySet<string>
  /** Carries out a remedy at the target. @returns what an operator puts into the secret, made of the value that is there */
  mended(value: string): string
  /** An operator takes credentials away that none of these values names. */
  freed?(values: readonly string[]): void
  /** An operator gives all logins of the secret the same rights. */
  madeEqual?(): void
  /** What somebody may do at the target meanwhile. */
  readonly acts: Readonly<Record<string, { readonly story: string; act(): void }>>
}
