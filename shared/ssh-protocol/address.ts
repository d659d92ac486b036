export interface Address {
  readonly host: string
  readonly port: number
}

/** `host:port`, for messages and to tell hosts apart. */
export function addressOf({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
