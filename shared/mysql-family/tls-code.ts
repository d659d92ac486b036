import type { Connection } from 'mysql2'

/**
 * mysql2 writes a code of its own over that of Node when TLS does not come about. This keeps what was there before. To be
 * called before connecting.
 * @returns gives Node's code of the error that TLS failed with, or undefined where it has not failed
 */
export function keepTlsCode(connection: Connection): () => string | undefined {
  const hooked = connection as unknown as { startTLS(onSecure: (error?: Error & { code?: unknown }) => void): void }
  const start = hooked.startTLS.bind(connection)
  let kept: string | undefined
  hooked.startTLS = (onSecure) =>
    start((error) => {
      if (error !== undefined) kept = String(error.code)
      onSecure(error)
    })
  return () => kept
}
