import type { BundledFunction } from './functions.ts'

/** A release that is being made. */
export interface Release {
  /** The folder for its files. */
  readonly folder: string
  readonly version: string
  /** In the order of their ids. */
  readonly functions: readonly BundledFunction[]
}

/** A kind of files in a release. */
export interface Part {
  /** Named in the line of progress while the part is made. */
  readonly what: string
  /**
   * Writes its files into the folder of the release, where those of the parts before it are already.
   * @throws Error that says why there can be no release
   */
  make(release: Release): Promise<void>
}
