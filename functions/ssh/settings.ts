import { readFile } from 'node:fs/promises'
import { type Environment, oneOf, wholeNumber } from '../../shared/environment.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say } from '../../shared/errors/words.ts'
import { parseJsonObject } from '../../shared/json-secret.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'

export interface SshSettings {
  /** The path of a JSON file or the ARN of a secret, with what secrets do not say themselves. */
  readonly hosts: string | undefined
  /** The least size of a new RSA key. */
  readonly rsaBits: number
  /** Whether hosts may be without host keys: any key is then taken for theirs. */
  readonly trustsAny: boolean
  /** Whether files keep the bits of their mode for group and others: where no file has an ACL. */
  readonly keepMode: boolean
}

/**
 * Reads SSH_HOSTS, SSH_RSA_BITS (2048 to 8192, default 3072), SSH_HOST_KEYS (`pinned`, or `accept-new`) and
 * SSH_KEEP_FILE_MODE (`true` or `false`).
 * @throws RotationError InvalidConfiguration
 */
export function settings(env: Environment): SshSettings {
  return {
    hosts: env.SSH_HOSTS || undefined,
    rsaBits: wholeNumber('SSH_RSA_BITS', env, { default: 3072, min: 2048, max: 8192 }),
    trustsAny: oneOf('SSH_HOST_KEYS', env, ['pinned', 'accept-new']) === 'accept-new',
    keepMode: oneOf('SSH_KEEP_FILE_MODE', env, ['false', 'true']) === 'true',
  }
}

/**
 * The fields that SSH_HOSTS has for the secret: under its name, or its ARN.
 * @throws RotationError InvalidConfiguration; what reading another secret throws
 */
export async function configuredFields(
  { hosts }: SshSettings,
  context: RotationContext,
): Promise<Readonly<Record<string, unknown>>> {
  if (hosts === undefined) return {}
  const form = { parse: (text: string) => parsed(text, hosts), sensitive: () => [] }
  const entries = hosts.startsWith('arn:')
    ? await context.readSecret(hosts, form)
    : form.parse(await readFile(hosts, 'utf8').catch(() => ''))
  const name = /:secret:(.+)-[A-Za-z0-9]{6}$/.exec(context.secretId)?.[1] ?? context.secretId
  const key = [name, context.secretId].find((each) => Object.hasOwn(entries, each))
  const entry = (key === undefined ? undefined : entries[key]) ?? {}
  if (typeof entry === 'object' && entry !== null && !Array.isArray(entry)) return entry as Record<string, unknown>
  throw new RotationError('InvalidConfiguration', say`What SSH_HOSTS has for "${name}" is not a JSON object.`)
}

function parsed(text: string, hosts: string): Record<string, unknown> {
  try {
    return parseJsonObject(text)
  } catch {
    const what = hosts.startsWith('arn:') ? `The secret ${hosts}` : `The file ${hosts}`
    const rule = 'a JSON object by names of secrets: {"my/key": {"username": "deploy", "hosts": [...]}}'
    throw new RotationError('InvalidConfiguration', say`${what}, which SSH_HOSTS names, cannot be read as JSON.`, {
      likely: say`The path is wrong, the layer with the file is missing, or the text is damaged.`,
      remedy: say`SSH_HOSTS must name ${ours(rule)}.`,
    })
  }
}
