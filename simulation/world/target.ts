/**
 * The target of a rotation, as small as it can be: a database, hosts, a provider. It is a state with rules, and knows
 * nothing of runs and faults.
 */
export interface Target {
  /** A text that is the same for two states if nobody can tell them apart. */
  state(): string
  copy(): Target
  /** Whether a SecretString works. Changes nothing. */
  works(value: string): boolean
  /** Whether each host accepts one of these values, where a value need not work everywhere. */
  letsIn?(values: readonly string[]): boolean
  /** Whether one SecretString has all the rights of another one. */
  canDoAllOf?(value: string, other: string): boolean
  /** Crashes: keeps only the durable state, and ends all sessions. */
  crash?(): void
  /** How many living credentials of this secret are in none of these values. */
  unlabelled?(values: readonly string[]): number
  /** How many runs have minted a credential since a moment. */
  mintedSince?(time: number): number
  /** Rules that were broken on the way, which no state shows, by the name of the predicate. */
  readonly broken: ReadonlySet<string>
  /** Carries out a remedy at the target. @returns the value that an operator then puts into the secret */
  mended(value: string): string
  /** An operator removes credentials that are in none of these values. */
  freed?(values: readonly string[]): void
  /** An operator gives all logins of the secret the same rights. */
  madeEqual?(): void
  /** Human acts at the target that may happen meanwhile. */
  readonly acts: Readonly<Record<string, { readonly story: string; act(): void }>>
}
