import { createPrivateKey } from 'node:crypto'
import type { Reach } from '../../functions/ssh/access.ts'
import { sshKey } from '../../functions/ssh/secret-type.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { rotate } from '../../shared/rotation/rotate.ts'
import type { SshConnection } from '../../shared/ssh-protocol/connection.ts'
import { opensshPem } from '../../shared/ssh-protocol/pem.ts'
import { publicKeyLine } from '../../shared/ssh-protocol/public-key.ts'
import type { KeySecret } from '../../shared/ssh-protocol/secret.ts'
import type { Outside } from '../world/outside.ts'
import type { SimulatedType } from '../world/simulated-type.ts'
import { type Hosts, hosts } from './hosts.ts'
import { remembering } from './remembering.ts'
import { modelSftp, type SftpDefects } from './sftp.ts'

export interface SshCase {
  readonly name: string
  readonly hosts: readonly string[]
  /** How many of the hosts must get the new key, where they need not be all. */
  readonly minSuccess?: number
}

export const sshCases: readonly SshCase[] = [
  { name: 'ssh-key', hosts: ['one'] },
  { name: 'ssh-key-two-hosts', hosts: ['one', 'two'] },
  { name: 'ssh-key-most', hosts: ['one', 'two'], minSuccess: 1 },
]

const settings = { hosts: undefined, rsaBits: 2048, trustsAny: false, keepMode: false, oldKeyHours: 0 }
/** A wait for a lock may always last longer than was asked for; so there are fewer of them. */
const leastWaitMs = 8_000

/** PKCS#8 of an Ed25519 key that is no secret. */
const first = createPrivateKey({
  key: Buffer.from(`302e020100300506032b657004220420${'07'.repeat(32)}`, 'hex'),
  format: 'der',
  type: 'pkcs8',
})

export function simulatedSsh(about: SshCase, defects: SftpDefects = {}): SimulatedType {
  const read = new Map<string, KeySecret>()
  const host_keys = [`SHA256:${'A'.repeat(43)}`]
  const value = JSON.stringify({
    username: 'app',
    private_key: opensshPem(first, ''),
    hosts: about.hosts.map((host) => ({ host, host_keys })),
    min_success: about.minSuccess,
  })
  return {
    name: about.name,
    real: 'protocol and secret type',
    below: "SSH, SFTP's parts of an operation, and what a crash leaves of a rename",
    ...(about.hosts.length > 1 && { isLarge: true as const }),
    overlap: true,
    target: () => hosts(about.hosts, about.minSuccess ?? about.hosts.length, value),
    value: () => value,
    rotate(event, around, world, outside) {
      const type = sshKey(settings, reachOf(world.target as Hosts, outside, defects))
      const sleep = (ms: number) => around.sleep(Math.max(ms, leastWaitMs))
      return rotate(remembering(type, read), event, { ...around, sleep })
    },
  }
}

function reachOf(all: Hosts, outside: Outside, defects: SftpDefects): Reach {
  return () => ({
    files: async ({ login: { host } }) => modelSftp(all, host, outside, defects),
    async open(to, { username, key }) {
      await outside.call({
        name: `logs in to ${to.host}`,
        kind: 'look',
        effect() {
          if (all.lets(to.host, publicKeyLine(key.publicKey))) return
          throw new RotationError('LoginRefused', say`${to.host} refuses the key.`)
        },
        lost: () => new RotationError('Unreachable', say`${to.host} does not answer.`),
        timedOut: () => new RotationError('TimedOut', say`The time ran out.`),
      })
      return connection({ ...to, username, key })
    },
    [Symbol.dispose]: () => undefined,
  })
}

function connection(login: SshConnection['login']): SshConnection {
  const no = () => Promise.reject(new Error('This is a model.'))
  return {
    login,
    shown: '',
    software: '',
    unpinned: () => [],
    sftp: no,
    forward: no,
    [Symbol.dispose]: () => undefined,
  }
}
