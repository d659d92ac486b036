import { readFile } from 'node:fs/promises'
import { type Environment, oneOf, wholeNumber } from '../../shared/environment.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say } from '../../shared/errors/words.ts'
import { parseJsonObject } from '../../shared/json-secret.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'

const rule = 'a JSON object by names of secrets: {"my/key": {"username": "deploy", "hosts": [...]}}'

export interface SshSettings {
  /** The path of a JSON file or the ARN of a secret, with what secrets do not say themselves. */
  readonly hosts: string | undefined
  /** The least size of a new RSA key. */
  readonly rsaBits: number
  /** Whether hosts may be without host keys: any key is then taken for theirs. */
  readonly trustsAny: boolean
  /** Whether files keep the bits of their mode for group and others: where no file has an ACL. */
  readonly keepMode: boolean
  /** For how many hours the key before the current one still lets in when the next one is there; 0 takes it away at once. */
  readonly oldKeyHours: number
}

/**
 * Reads SSH_HOSTS, SSH_RSA_BITS (2048 to 8192, default 3072), SSH_HOST_KEYS (`pinned`, or `accept-new`),
 * SSH_KEEP_FILE_MODE (`true` or `false`) and SSH_OLD_KEY_HOURS (0 to 8760, default 0).
 * @throws RotationError InvalidConfiguration
 */
export function settings(env: Environment): SshSettings {
  return {
    hosts: env.SSH_HOSTS || undefined,
    rsaBits: wholeNumber('SSH_RSA_BITS', env, { default: 3072, min: 2048, max: 8192 }),
    trustsAny: oneOf('SSH_HOST_KEYS', env, ['pinned', 'accept-new']) === 'accept-new',
    keepMode: oneOf('SSH_KEEP_FILE_MODE', env, ['false', 'true']) === 'true',
    oldKeyHours: wholeNumber('SSH_OLD_KEY_HOURS', env, { default: 0, min: 0, max: 8760 }),
  }
}

/**
 * The fields that SSH_HOSTS has for the secret: under its name, or its ARN. Undefined where it has nothing for it.
 * @throws RotationError InvalidConfiguration; what reading another secret throws
 */
export async function configuredFields(
  { hosts }: SshSettings,
  context: RotationContext,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (hosts === undefined) return undefined
  const form = { parse: (text: string) => parsed(text, hosts), sensitive: () => [] }
  const entries = hosts.startsWith('arn:')
    ? await context.readSecret(hosts, form)
    : form.parse(await readFile(hosts, 'utf8').catch(() => ''))
  const name = nameOf(context.secretId)
  const key = [name, context.secretId].find((each) => Object.hasOwn(entries, each))
  const entry = key === undefined ? undefined : entries[key]
  if (entry === undefined || entry === null) return undefined
  if (typeof entry === 'object' && !Array.isArray(entry)) return entry as Record<string, unknown>
  throw new RotationError('InvalidConfiguration', say`What SSH_HOSTS has for "${name}" is not a JSON object.`)
}

/** What the error is for a secret that is a key and nothing else, of which nothing says where it lets in. */
export function nowhere({ hosts }: SshSettings, { secretId }: RotationContext): RotationError {
  const lacks = hosts === undefined ? say`SSH_HOSTS is not set` : say`SSH_HOSTS has nothing for "${nameOf(secretId)}"`
  return new RotationError('InvalidSecret', say`The secret is a key and nothing else, and ${lacks}.`, {
    likely: say`Nothing says whose key it is and where it lets in.`,
    remedy: say`Put it into what SSH_HOSTS names, ${ours(rule)}; or make the secret JSON with private_key, username and hosts.`,
  })
}

function nameOf(secretId: string): string {
  return /:secret:(.+)-[A-Za-z0-9]{6}$/.exec(secretId)?.[1] ?? secretId
}

function parsed(text: string, hosts: string): Record<string, unknown> {
  try {
    return parseJsonObject(text)
  } catch {
    const what = hosts.startsWith('arn:') ? `The secret ${hosts}` : `The file ${hosts}`
    throw new RotationError('InvalidConfiguration', say`${what}, which SSH_HOSTS names, cannot be read as JSON.`, {
      likely: say`The path is wrong, the layer with the file is missing, or the text is damaged.`,
      remedy: say`SSH_HOSTS must name ${ours(rule)}.`,
    })
  }
}
