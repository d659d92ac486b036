import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { numberIn } from '../../shared/json-secret.ts'
import type { Host } from '../../shared/ssh-protocol/doors.ts'
import { parseHostKeys } from '../../shared/ssh-protocol/host-keys.ts'
import { type KeySecret, usernameIn } from '../../shared/ssh-protocol/secret.ts'
import type { ServerUser } from '../../shared/ssh-protocol/user-keys.ts'

/** A user of a server of AWS Transfer Family. */
export interface TransferTarget extends ServerUser {
  /** Where testSecret logs in; undefined where the secret has no host keys. */
  readonly endpoint: Host | undefined
}

/**
 * Reads `server_id`, `username` (or `Username`), and, for the login, `host_keys`, `host` and `port`.
 * @param region of the function, for the name of the server's own endpoint
 * @throws RotationError InvalidSecret, which names the field and never its value
 */
export function targetOf(secret: KeySecret, region: string): TransferTarget {
  const json = secret.json ?? {}
  const {
    server_id: serverId,
    host_keys: keys = [],
    host = `${serverId}.server.transfer.${region}.amazonaws.com`,
  } = json
  const username = usernameIn(secret)
  if (typeof serverId !== 'string' || !/^s-[0-9a-f]{17}$/.test(serverId)) {
    throw fieldError('server_id', 'the id of a server of AWS Transfer Family (s- and 17 digits)')
  }
  // API reference of ImportSshPublicKey, "UserName".
  if (username === undefined || !/^\w[\w@.-]{2,99}$/.test(username))
    throw fieldError('username', 'the name of its user')
  const texts = [keys].flat()
  const hostKeys = texts.every((text) => typeof text === 'string') ? parseHostKeys(texts) : undefined
  if (hostKeys === undefined) throw fieldError('host_keys', 'a list of host keys (ssh-rsa AAAA..., SHA256:...)')
  if (typeof host !== 'string' || !/^[^\s/\\?#@[\]]{1,255}$/.test(host)) throw fieldError('host', 'a host name')
  const port = numberIn(json.port) ?? (json.port === undefined ? 22 : Number(json.port))
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw fieldError('port', 'a whole number from 1 to 65535')
  return { serverId, username, endpoint: texts.length === 0 ? undefined : { host, port, hostKeys, jump: [] } }
}

function fieldError(field: string, rule: string): RotationError {
  return new RotationError('InvalidSecret', say`"${field}" in the secret must be ${rule}.`, {
    remedy: say`Correct it. docs/ssh.md has all fields.`,
  })
}
