/** Whom to ask, and as whom: what is undefined is what the SDK finds (variables, configuration files, roles). */
export interface Connection {
  readonly profile: string | undefined
  readonly region: string | undefined
}

/** What every client of the command is made with. AWS_ENDPOINT_URL is read by the SDK itself. */
export function clientSettings({ profile, region }: Connection) {
  return {
    maxAttempts: 5,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
    ...(profile === undefined ? {} : { profile }),
    ...(region === undefined ? {} : { region }),
  }
}
