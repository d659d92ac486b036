import type { BundledFunction } from './functions.ts'

/** A release that is being made. */
export interface Release {
  /** Where its files go. */
  readonly folder: string
  readonly version: string
  /** In the order of their ids. */
  readonly functions: readonly BundledFunction[]
}

/** A kind of files in a release. */
export interface Part {
  /** For the line that says what is being made. */
  readonly what: string
  /**
   * Writes its files into the folder of the release, where those of the parts before it are already.
   * @throws Error that says why there can be no release
   */
  make(release: Release): Promise<void>
}
