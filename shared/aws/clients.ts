/**
 * How the SDK's clients speak HTTP. The time limits (ms) leave room for two repetitions in 30 s. Certificates are verified
 * whatever NODE_TLS_REJECT_UNAUTHORIZED says: the values of secrets travel there.
 */
export const requestHandler = {
  connectionTimeout: 3_000,
  requestTimeout: 6_000,
  throwOnRequestTimeout: true,
  httpsAgent: { rejectUnauthorized: true },
}

/** Makes a client when it is first needed, which for some is never, and keeps it for the life of the process. */
export function lazily<Client>(make: () => Client): () => Client {
  let made: Client | undefined
  return () => {
    made ??= make()
    return made
  }
}
