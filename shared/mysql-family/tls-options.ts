import { caCertificates } from '../network/ca-certificates.ts'

type TlsOptions = ReturnType<typeof trusting>

/** With the standing authorities, which nothing changes while the process lives. */
let standing: Promise<TlsOptions> | undefined

/**
 * What mysql2 gives to tls.connect. It keeps what it has made of one such object (`getSecureContext` in its
 * lib/base/connection.js), so the standing authorities, hundreds, are parsed once for a process; and it takes up a TLS
 * session again, which only the server can that has proved its name before.
 * @param caBundle DATABASE_CA_BUNDLE
 * @throws RotationError InvalidConfiguration
 */
export async function tlsOptions(caBundle: string | undefined): Promise<TlsOptions> {
  // What it names may be another file by now.
  if (caBundle) return trusting(await caCertificates(caBundle))
  standing ??= caCertificates(undefined).then(trusting)
  return standing
}

/** `verifyIdentity` is off by default: any host's certificate would do. */
function trusting(ca: string[]) {
  return {
    ca,
    minVersion: 'TLSv1.2',
    verifyIdentity: true,
    // Said also because it is not only a default: NODE_TLS_REJECT_UNAUTHORIZED=0 would switch verification off.
    rejectUnauthorized: true,
  } as const
}
