import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import type { SecretType } from '../../shared/rotation/secret-type.ts'
import { nextKeyType } from '../../shared/ssh-protocol/key-types.ts'
import { newKey } from '../../shared/ssh-protocol/new-key.ts'
import {
  checkSame,
  type KeySecret,
  keyOf,
  keySecretForm,
  usernameIn,
  withKey,
} from '../../shared/ssh-protocol/secret.ts'
import { overSsh, type Reach } from './access.ts'
import { probeKeys } from './probe.ts'
import { setKeys } from './set-keys.ts'
import { configuredFields, nowhere, type SshSettings } from './settings.ts'
import { parseTarget, placesIn, type SshTarget } from './target.ts'
import { testKey } from './test-key.ts'

/**
 * Key pairs of an account on one host or many: the new public key is put beside the old one in authorized_keys, and the one
 * before the old one is taken away. An application that has cached a value goes on logging in until the next rotation.
 * @param reach how hosts are reached
 */
export function sshKey(settings: SshSettings, reach: Reach = overSsh): SecretType<KeySecret> {
  /** What the secret says itself, with what is configured for it where it says nothing. */
  async function targetOf({ json }: KeySecret, context: RotationContext): Promise<SshTarget> {
    const configured = await configuredFields(settings, context)
    if (json === undefined && configured === undefined) throw nowhere(settings, context)
    const where = configured === undefined ? 'the secret' : 'the secret or SSH_HOSTS'
    return parseTarget({ ...configured, ...json }, where, settings.trustsAny)
  }
  return {
    ...keySecretForm,
    overlap: true,
    async create({ current }, context) {
      const secret = await current()
      const { keyType, adminSecretArn } = await targetOf(secret, context)
      if (secret.key === undefined && adminSecretArn === undefined) throw noWayIn()
      const type = nextKeyType(keyType, secret.key, settings.rsaBits)
      return withKey(secret, await newKey(type, secret.key, context))
    },
    async set(versions, context) {
      const [target, before] = await Promise.all([
        targetOf(versions.pending, context),
        targetOf(await versions.current(), context),
      ])
      checkSame(placesIn(target), placesIn(before))
      await setKeys(versions, target, settings, reach, context)
    },
    async test({ pending }, context) {
      await testKey(keyOf(pending), await targetOf(pending, context), context, reach)
    },
    outlives: (secret) =>
      say`SSH sessions that are open go on. To end them, on each host and as root: pkill -KILL -u ${usernameIn(secret) ?? 'ACCOUNT'}`,
    probe: (versions, context) => probeKeys(versions, targetOf, context, reach),
  }
}

function noWayIn(): RotationError {
  return new RotationError('InvalidSecret', say`The secret has no private key, so nothing lets the function in.`, {
    likely: say`"private_key" is misspelt or empty.`,
    remedy: say`Put the key into private_key; for an account that has none yet, name in admin_secret_arn the secret of one that may change its file.`,
  })
}
