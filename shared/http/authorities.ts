import { readFile } from 'node:fs/promises'
import { getCACertificates } from 'node:tls'
import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import { certificatesIn } from '../network/pem-bundle.ts'

/**
 * The authorities that the certificate of a service may come from: Node's own, and those of a file.
 * @param path of the PEM file, from HTTP_CA_BUNDLE; undefined where there is none
 * @returns undefined where those of Node are all
 * @throws RotationError InvalidConfiguration
 */
export async function authorities(path: string | undefined): Promise<readonly string[] | undefined> {
  if (path === undefined) return undefined
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) throw unusable(path, 'it cannot be read')
  let found: string[]
  try {
    found = certificatesIn(text)
  } catch (error) {
    throw unusable(path, error instanceof Error ? error.message : 'it cannot be read')
  }
  if (found.length === 0) throw unusable(path, 'it holds no certificate (-----BEGIN CERTIFICATE-----)')
  return [...getCACertificates('default'), ...found]
}

function unusable(path: string, why: string): RotationError {
  return new RotationError('InvalidConfiguration', say`HTTP_CA_BUNDLE names ${path}, which cannot be used: ${why}.`, {
    likely: say`The path is wrong, the layer with the file is missing, or the file is damaged.`,
    remedy: say`Put the PEM file of the authority into a layer, and its path below /opt into HTTP_CA_BUNDLE.`,
  })
}
