import type { PublicKey } from './public-key.ts'

/** A user of a server that keeps the public keys itself, and lets in with each of them. */
export interface ServerUser {
  readonly serverId: string
  readonly username: string
}

export interface UserKey {
  readonly id: string
  /** Undefined for a kind of key that is not known here. */
  readonly key: PublicKey | undefined
  readonly comment: string
}

/**
 * The keys of users of AWS Transfer Family. Implemented by `shared/aws/transfer.ts`. All methods throw AccessDenied,
 * TransferUserMissing, TransferUnreachable, TransferFailed or TimedOut.
 */
export interface UserKeys {
  list(user: ServerUser, signal: AbortSignal): Promise<readonly UserKey[]>
  /** @param line as authorized_keys has it. Does nothing where the key is there. Throws TransferKeyLimit, too */
  add(user: ServerUser, line: string, signal: AbortSignal): Promise<void>
  /** Does nothing where the key is gone. */
  remove(user: ServerUser, id: string, signal: AbortSignal): Promise<void>
}
