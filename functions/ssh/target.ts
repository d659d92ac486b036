import * as v from 'valibot'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say } from '../../shared/errors/words.ts'
import { numberIn } from '../../shared/json-secret.ts'
import type { Hop, Host } from '../../shared/ssh-protocol/doors.ts'
import { parseHostKeys } from '../../shared/ssh-protocol/host-keys.ts'
import { parseKeyType } from '../../shared/ssh-protocol/key-types.ts'
import { addressOf, type KnownHost } from '../../shared/ssh-protocol/login.ts'
import type { KeyType } from '../../shared/ssh-protocol/private-key.ts'

/** A host of a fleet. */
export interface FleetHost extends Host {
  /** As AuthorizedKeysFile of sshd_config has them: %h, %u, %%, and below the home where they do not begin with a slash. */
  readonly paths: readonly string[]
}

/** Where a key lets in. */
export interface SshTarget {
  readonly username: string
  readonly hosts: readonly FleetHost[]
  readonly keyType: KeyType | undefined
  readonly adminSecretArn: string | undefined
  /** How many hosts must have the new key; all of them where it is undefined. */
  readonly minSuccess: number | undefined
}

const text = v.pipe(
  v.string(),
  v.minLength(1),
  v.check((value) => !/[\0\r\n]/.test(value)),
)
const username = v.pipe(
  text,
  v.maxLength(256),
  v.check((value) => !/[\s:/]/.test(value)),
)
const digits = v.pipe(
  v.unknown(),
  v.transform((value) => (typeof value === 'string' ? Number(value || Number.NaN) : numberIn(value))),
  v.number(),
)
const port = v.optional(v.pipe(digits, v.integer(), v.minValue(1), v.maxValue(65_535)), 22)
/** One of them, or a list. */
const one = <T extends v.GenericSchema>(schema: T) =>
  v.union([
    v.pipe(
      schema,
      v.transform((value) => [value]),
    ),
    v.array(schema),
  ])
/** A port at its end, or brackets. An IPv6 address has more than one colon. */
const hasPort = /^[^:]+:\d+$|^\[.*\]/
const address = {
  host: v.pipe(
    text,
    v.maxLength(255),
    v.regex(/^[^\s/\\?#@[\]]+$/),
    v.check((value) => !hasPort.test(value)),
  ),
  port,
  host_keys: v.optional(one(text), []),
}
const hop = v.object({ ...address, username: v.optional(username), secret_arn: v.optional(text) })
const schema = v.object({
  username,
  hosts: v.pipe(
    v.array(v.object({ ...address, jump: v.optional(one(hop), []), authorized_keys_path: v.optional(one(text)) })),
    v.minLength(1),
  ),
  key_type: v.nullish(text),
  authorized_keys_path: v.optional(one(text), ['.ssh/authorized_keys', '.ssh/authorized_keys2']),
  admin_secret_arn: v.nullish(v.string()),
  min_success: v.optional(v.pipe(digits, v.integer(), v.minValue(1))),
})

/** What each field must be, for errors. The first name that fits is taken, so `hosts.host_keys` stands before `hosts`. */
const mustBe: Readonly<Record<string, string>> = {
  username: 'a user name',
  'hosts.host': 'a host name or an address, without brackets; its port goes into "port"',
  'hosts.port': 'a whole number from 1 to 65535',
  'hosts.host_keys': 'a list of host keys',
  'hosts.authorized_keys_path': 'a path, or a list of paths',
  'hosts.jump':
    'a list of objects with host (without a port), port, host_keys and, where they differ, username and secret_arn',
  hosts: 'a list, not empty, of objects with host and host_keys',
  authorized_keys_path: 'a path, or a list of paths',
  min_success: 'a whole number from 1 on',
}

/**
 * @param json the fields of a secret, or of an entry of SSH_HOSTS
 * @param where what has the fields, for errors: `the secret`
 * @param trustsAny whether hosts may be without host keys
 * @throws RotationError InvalidSecret, which names the field and never its value
 */
export function parseTarget(json: Readonly<Record<string, unknown>>, where: string, trustsAny: boolean): SshTarget {
  const result = v.safeParse(schema, { ...json, username: json.username ?? json.Username })
  if (!result.success) throw fieldError(v.getDotPath(result.issues[0]) ?? 'hosts', where)
  const fields = result.output
  const target = {
    username: fields.username,
    hosts: fields.hosts.map((host) => ({
      ...knownHost(host, where),
      jump: host.jump.map(
        (hop): Hop => ({ ...knownHost(hop, where), username: hop.username, secretArn: hop.secret_arn }),
      ),
      paths: host.authorized_keys_path ?? fields.authorized_keys_path,
    })),
    keyType: fields.key_type ? parseKeyType(fields.key_type, where) : undefined,
    adminSecretArn: fields.admin_secret_arn || undefined,
    minSuccess: fields.min_success,
  }
  checkHosts(target.hosts, where, trustsAny)
  return target
}

function knownHost({ host, port, host_keys: texts }: v.InferOutput<typeof hop>, where: string): KnownHost {
  const hostKeys = parseHostKeys(texts)
  if (hostKeys !== undefined) return { host, port, hostKeys: texts.length === 0 ? undefined : hostKeys }
  throw new RotationError('InvalidSecret', say`A host key of ${addressOf({ host, port })} in ${where} is none.`, {
    likely: say`It was cut, or is a fingerprint of another kind (MD5).`,
    remedy: say`Put whole keys (ssh-ed25519 AAAA...) or fingerprints (SHA256:...) into host_keys.`,
  })
}

function checkHosts(hosts: readonly Host[], where: string, trustsAny: boolean): void {
  const addresses = hosts.map(addressOf)
  if (new Set(addresses.map((each) => each.toLowerCase())).size < addresses.length) {
    throw new RotationError('InvalidSecret', say`"hosts" in ${where} names a host twice.`)
  }
  for (const host of hosts) {
    const unknown = trustsAny ? undefined : [host, ...host.jump].find(({ hostKeys }) => hostKeys === undefined)
    if (unknown !== undefined) {
      throw new RotationError('InvalidSecret', say`${addressOf(unknown)} in ${where} has no host_keys.`, {
        likely: say`Without them anything that answers there would be taken for the host.`,
        remedy: say`Put its keys into host_keys: "cat /etc/ssh/ssh_host_*_key.pub" on the host shows them.`,
      })
    }
    // The key would be changed in the secret and not there.
    const lacking = host.jump.find((each) => each.secretArn === undefined && !addresses.includes(addressOf(each)))
    if (lacking !== undefined) {
      const what = say`The jump host ${addressOf(lacking)} in ${where} is not among its hosts.`
      throw new RotationError('InvalidSecret', what, {
        likely: say`The jump host is logged in to with the key that is rotated, and would not get the new one.`,
        remedy: say`Add it to "hosts", or give it a "secret_arn" with a key of its own.`,
      })
    }
  }
}

function fieldError(path: string, where: string): RotationError {
  const field = path.replaceAll(/\.\d+/g, '')
  const known = Object.keys(mustBe).find((name) => field === name || field.startsWith(`${name}.`))
  const rule = /^hosts\.\d+$/.test(path) ? 'an object with host and host_keys' : mustBe[known ?? '']
  const what = say`"${path}" in ${where} must be ${ours(rule ?? 'a text that is not empty')}.`
  return new RotationError('InvalidSecret', what, { remedy: say`Correct it. docs/ssh.md has all fields.` })
}

/** The parts of a target that no rotation may change, by the names of their fields. */
export function placesIn({ username, hosts }: SshTarget) {
  return { username, hosts: hosts.map(addressOf), authorized_keys_path: hosts.map(({ paths }) => paths) }
}
