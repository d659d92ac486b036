/** The profile and the Region to ask with. Where one is undefined, the SDK finds it (variables, configuration files, roles). */
export interface Connection {
  readonly profile: string | undefined
  readonly region: string | undefined
}

/** The settings of every client of the command. The SDK itself reads AWS_ENDPOINT_URL. */
export function clientSettings({ profile, region }: Connection) {
  return {
    maxAttempts: 5,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
    ...(profile === undefined ? {} : { profile }),
    ...(region === undefined ? {} : { region }),
  }
}

/** The settings of a client. Each client is made where it is used, so that a bundle has only the parts that are used. */
export type Settings = ReturnType<typeof clientSettings>
