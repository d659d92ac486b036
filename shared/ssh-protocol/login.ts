import type { HostKeys } from './host-keys.ts'
import type { PrivateKey } from './private-key.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/** A host, and what it proves itself with. */
export interface KnownHost extends Address {
  /** Undefined where any key will do: trust on first use. */
  readonly hostKeys: HostKeys | undefined
}

/** As whom to log in. */
export interface Credentials {
  readonly username: string
  readonly key: PrivateKey
}

export type SshLogin = KnownHost & Credentials

/** `host:port`, for messages and to tell hosts apart. */
export function addressOf({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
