import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import type { SecretType, Versions } from '../../shared/rotation/secret-type.ts'
import type { Hosts } from '../targets/hosts.ts'
import type { CallKind, Outside } from '../world/outside.ts'

export interface KeySecret {
  readonly private_key: string
}

/** A switch for the test of the tests. */
export interface SshDefects {
  /** Writes into the file itself instead of beside it. */
  readonly inPlace?: boolean
}

/**
 * The draft of keys on hosts: setSecret puts the new key beside the current one, on one host after the other, and takes away
 * the one before in the same moment; testSecret logs in everywhere.
 */
export function sshKey(hosts: Hosts, outside: Outside, defects: SshDefects = {}): SecretType<KeySecret> {
  const at = <T>(kind: CallKind, name: string, effect: () => T) =>
    outside.call({ kind, name, effect, lost: () => unreachable(), timedOut: () => timedOut() })
  const letIn = (host: number, { private_key }: KeySecret) =>
    at('look', `logs in to host ${host + 1}`, () => {
      const keys = hosts.keysAt(host)
      if (!keys.includes(private_key)) throw new RotationError('LoginRefused', say`Host ${host + 1} refuses the key.`)
      return keys
    })
  async function write(host: number, keys: readonly string[]) {
    if (defects.inPlace !== true) {
      await at('change', `replaces the file of host ${host + 1}`, () => hosts.replace(host, keys))
      return
    }
    await at('change', `empties the file of host ${host + 1}`, () => hosts.rewrite(host, keys))
    await at('change', `fills the file of host ${host + 1}`, () => hosts.fill())
  }
  return {
    overlap: true,
    parse: (text) => JSON.parse(text) as KeySecret,
    sensitive: ({ private_key }) => [private_key],
    serialize: (secret) => JSON.stringify(secret),
    create: async ({ current }, context) => ({ ...(await current()), private_key: newKey(context) }),
    async set(versions: Versions<KeySecret>) {
      const [{ pending }, current, previous] = [versions, await versions.current(), await versions.previous()]
      for (let host = 0; host < hosts.count; host++) {
        const found = await letIn(host, current)
        // Of a secret that was edited, the value before has the same key.
        const isOld = (key: string) => key === previous?.private_key && key !== current.private_key
        const others = found.filter((key) => key !== pending.private_key && !isOld(key))
        const wanted = [...others, pending.private_key]
        if (wanted.join() !== found.join()) await write(host, wanted)
      }
    },
    async test({ pending }) {
      for (let host = 0; host < hosts.count; host++) await letIn(host, pending)
    },
  }
}

function newKey({ randomBytes }: RotationContext): string {
  return `key ${Buffer.from(randomBytes(6)).toString('hex')}`
}

const unreachable = () => new RotationError('Unreachable', say`The host does not answer.`)
const timedOut = () => new RotationError('TimedOut', say`The time ran out.`)
