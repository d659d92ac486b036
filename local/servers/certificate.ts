import { isIP } from 'node:net'
import { generate } from 'selfsigned'

/** A certificate for a server on this machine, and its key, both PEM. It is its own authority. */
export interface Certificate {
  readonly certificate: string
  readonly key: string
}

/** @param names the host names and addresses that the certificate is for; it is always for 127.0.0.1, too */
export async function selfSignedCertificate(names: readonly string[] = ['localhost']): Promise<Certificate> {
  const altNames = [...names, '127.0.0.1'].map((name) =>
    isIP(name) === 0 ? { type: 2 as const, value: name } : { type: 7 as const, ip: name },
  )
  const { cert, private: key } = await generate([{ name: 'commonName', value: names[0] ?? 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames },
    ],
  })
  return { certificate: cert, key }
}
