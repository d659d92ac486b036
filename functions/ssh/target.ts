import { isDeepStrictEqual } from 'node:util'
import * as v from 'valibot'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say } from '../../shared/errors/words.ts'
import { numberIn } from '../../shared/json-secret.ts'
import { type Address, addressOf } from '../../shared/ssh-protocol/address.ts'
import type { Hop, Host } from '../../shared/ssh-protocol/doors.ts'
import { type HostKeys, parseHostKeys } from '../../shared/ssh-protocol/host-keys.ts'
import type { KeyType } from '../../shared/ssh-protocol/private-key.ts'
import { parseKeyType } from './key-types.ts'

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
  host_keys: v.optional(
    v.union([
      v.pipe(
        text,
        v.transform((one) => [one]),
      ),
      v.array(text),
    ]),
    [],
  ),
}
const hop = v.object({ ...address, username: v.optional(username), secret_arn: v.optional(text) })
const one = <T extends v.GenericSchema>(schema: T) =>
  v.union([
    v.pipe(
      schema,
      v.transform((value) => [value]),
    ),
    v.array(schema),
  ])
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

const mustBe: Readonly<Record<string, string>> = {
  username: 'a user name',
  hosts: 'a list, not empty, of objects with host and host_keys',
  'hosts.host': 'a host name or an address, without brackets; its port goes into "port"',
  'hosts.port': 'a whole number from 1 to 65535',
  'hosts.host_keys': 'a list of host keys',
  'hosts.authorized_keys_path': 'a path, or a list of paths',
  'hosts.jump':
    'a list of objects with host (without a port), port, host_keys and, where they differ, username and secret_arn',
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
  const fields = { ...json, username: json.username ?? json.Username }
  const result = v.safeParse(schema, fields)
  if (!result.success) throw fieldError(v.getDotPath(result.issues[0]) ?? 'hosts', where)
  const {
    hosts,
    username: name,
    authorized_keys_path: paths,
    admin_secret_arn: admin,
    min_success: most,
  } = result.output
  const addresses = hosts.map(addressOf)
  const target = {
    username: name,
    hosts: hosts.map(({ jump, authorized_keys_path: own = paths, ...host }) => {
      return { ...withKeys(host), jump: jump.map(hopOf), paths: own }
    }),
    keyType: result.output.key_type ? parseKeyType(result.output.key_type, where) : undefined,
    adminSecretArn: admin || undefined,
    minSuccess: most,
  }
  if (new Set(addresses.map((each) => each.toLowerCase())).size < addresses.length) {
    throw new RotationError('InvalidSecret', say`"hosts" in ${where} names a host twice.`)
  }
  for (const host of target.hosts) {
    for (const each of [host, ...host.jump]) checkKeys(each, where, trustsAny)
    // The key would be changed in the secret and not there.
    const lacking = host.jump.find((each) => each.secretArn === undefined && !addresses.includes(addressOf(each)))
    if (lacking === undefined) continue
    throw new RotationError(
      'InvalidSecret',
      say`The jump host ${addressOf(lacking)} in ${where} is not among its hosts.`,
      {
        likely: say`The jump host is logged in to with the key that is rotated, and would not get the new one.`,
        remedy: say`Add it to "hosts", or give it a "secret_arn" with a key of its own.`,
      },
    )
  }
  return target

  function hopOf({ username: own, secret_arn: secretArn, ...host }: v.InferOutput<typeof hop>): Hop {
    return { ...withKeys(host), username: own, secretArn }
  }
  function withKeys({ host, port: number, host_keys: texts }: { host: string; port: number; host_keys: string[] }) {
    const hostKeys = parseHostKeys(texts)
    if (hostKeys !== undefined) return { host, port: number, hostKeys: texts.length === 0 ? undefined : hostKeys }
    throw new RotationError(
      'InvalidSecret',
      say`A host key of ${addressOf({ host, port: number })} in ${where} is none.`,
      {
        likely: say`It was cut, or is a fingerprint of another kind (MD5).`,
        remedy: say`Put whole keys (ssh-ed25519 AAAA...) or fingerprints (SHA256:...) into host_keys.`,
      },
    )
  }
}

function checkKeys(host: Address & { readonly hostKeys: HostKeys | undefined }, where: string, trustsAny: boolean) {
  if (trustsAny || host.hostKeys !== undefined) return
  throw new RotationError('InvalidSecret', say`${addressOf(host)} in ${where} has no host_keys.`, {
    likely: say`Without them anything that answers there would be taken for the host.`,
    remedy: say`Put its keys into host_keys: "cat /etc/ssh/ssh_host_*_key.pub" on the host shows them.`,
  })
}

function fieldError(path: string, where: string): RotationError {
  const plain = path.replaceAll(/\.\d+/g, '')
  const rule = /^hosts\.\d+$/.test(path) ? 'an object with host and host_keys' : ruleOf(plain)
  return new RotationError('InvalidSecret', say`"${path}" in ${where} must be ${ours(rule)}.`, {
    remedy: say`Correct it. docs/ssh.md has all fields.`,
  })
}

function ruleOf(field: string): string {
  // The longer name first: "hosts" is the beginning of them all.
  const names = Object.keys(mustBe).sort((one, other) => other.length - one.length)
  const known = names.find((name) => field === name || field.startsWith(`${name}.`))
  return mustBe[known ?? ''] ?? 'a text that is not empty'
}

/**
 * A pending value for another account or another host would make us change, with the current key, what is not this
 * secret's.
 * @throws RotationError PendingMismatch
 */
export function checkSameTarget(pending: SshTarget, current: SshTarget): void {
  const about = ({ username, hosts }: SshTarget) => {
    return { username, hosts: hosts.map(addressOf), paths: hosts.map(({ paths }) => paths) }
  }
  const [one, other] = [about(pending), about(current)]
  for (const field of ['username', 'hosts', 'paths'] as const) {
    if (isDeepStrictEqual(one[field], other[field])) continue
    const name = field === 'paths' ? 'authorized_keys_path' : field
    throw new RotationError('PendingMismatch', say`"${name}" in AWSPENDING is not that of AWSCURRENT.`)
  }
}
