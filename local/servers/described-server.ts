import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HttpsFront } from './https-front.ts'

/** A server on this machine whose description the functions are given. */
export interface DescribedServer extends AsyncDisposable {
  /** Variables of the functions. */
  readonly env: Readonly<Record<string, string>>
  /** Writes the description anew, with other members. */
  describe(change: Readonly<Record<string, unknown>>): Promise<void>
}

/**
 * Writes the files that the variables of the functions name.
 * @param variables the beginning of the variables' names
 * @param name the name of the description for secrets that name no provider
 * @param description of the server behind the front
 */
export async function describedServer(
  variables: 'API_KEY' | 'OAUTH',
  name: string,
  front: HttpsFront,
  description: object,
): Promise<DescribedServer> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-provider-'))
  const [file, ca] = [join(folder, 'providers.json'), join(folder, 'ca.pem')]
  const describe = (change: object) => writeFile(file, JSON.stringify([{ ...description, ...change }]))
  await Promise.all([writeFile(ca, front.certificate), describe({})])
  const env = {
    [`${variables}_PROVIDER`]: name,
    [`${variables}_PROVIDERS`]: file,
    [`${variables}_HOSTS`]: front.host,
    HTTP_CA_BUNDLE: ca,
  }
  return { env, describe, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}
