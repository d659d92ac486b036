import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { endLabel, endsIn, fingerprint } from '../../shared/rotation/claim-label.ts'
import type { OwnLabels } from '../../shared/rotation/secret-type.ts'
import type { Base } from './base.ts'
import type { OauthRun } from './requests.ts'
import type { OauthSecret } from './secret.ts'

/**
 * Remembers that nothing can be done with the refresh token any more: later rotations fail without a request until the secret
 * has another one.
 */
export async function ended(
  { version, secret }: Base,
  run: OauthRun,
  own: OwnLabels<OauthSecret>,
): Promise<RotationError> {
  await own.move(endLabel(fingerprint(secret.refreshToken ?? '')), { to: version.id })
  return reauthorize(run)
}

/**
 * Ends the rotation where that was found out before. What is remembered of other refresh tokens is forgotten.
 * @throws RotationError ReauthorizationRequired; nothing was sent
 */
export async function checkNotEnded({ secret }: Base, run: OauthRun, own: OwnLabels<OauthSecret>): Promise<void> {
  const label = endLabel(fingerprint(secret.refreshToken ?? ''))
  const ends = endsIn(await own.labels())
  if (ends.some((each) => each.label === label)) throw reauthorize(run)
  for (const each of ends) await own.move(each.label, { from: each.version })
}

function reauthorize({ provider, secret, context }: OauthRun): RotationError {
  const { secretId, token } = context
  const id = say`aws secretsmanager`
  return new RotationError(
    'ReauthorizationRequired',
    say`The refresh token of the secret cannot be used any more: ${provider.description.title} refuses it, or a run was cut off that had sent it. It is not sent again.`,
    {
      remedy: say`Authorize the client ${secret.clientId} again. Put the new tokens into the secret: ${id} put-secret-value --secret-id ${secretId} --secret-string file://new.json. Clear what is left of this rotation: ${id} update-secret-version-stage --secret-id ${secretId} --version-stage AWSPENDING --remove-from-version-id ${token}. Then: ${id} rotate-secret --secret-id ${secretId}.`,
      effect: 'none',
    },
  )
}
