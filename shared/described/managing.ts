import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import { at } from '../http/pointer.ts'
import { parseJsonObject } from '../json-secret.ts'
import type { RotationContext } from '../rotation/context.ts'
import type { SecretForm } from '../rotation/secret-store.ts'
import type { Authentication, ClientCredentials } from './description.ts'
import type { DescribedSettings, Kind } from './kind.ts'
import type { Provider } from './providers.ts'
import type { DescribedSecret } from './secret.ts'

/**
 * What the managing authentication reads as `admin:`: the admin's secret where the secret names one, else the secret itself,
 * whose key then manages its like.
 * @throws RotationError AdminNotAllowed, InvalidSecret; what reading a secret throws
 */
export async function managing(
  secret: DescribedSecret,
  { noun }: Kind,
  { description: { auth, needsAdmin, title } }: Provider,
  { adminSecretArns }: DescribedSettings,
  context: RotationContext,
): Promise<Readonly<Record<string, unknown>>> {
  const { adminSecretArn: arn } = secret
  if (arn === undefined) {
    if (needsAdmin === undefined) return secret.json
    throw new RotationError(
      'InvalidSecret',
      say`The secret names no "admin_secret_arn", and a ${noun} of ${title} makes no ${noun}s.`,
      {
        likely: say`${needsAdmin}`,
        remedy: say`Put what may make ${noun}s into a secret of its own, name that in "admin_secret_arn", and list it in ADMIN_SECRET_ARNS.`,
      },
    )
  }
  if (arn === context.secretId)
    throw new RotationError('InvalidSecret', say`"admin_secret_arn" names the secret itself.`)
  if (!adminSecretArns.includes(arn)) {
    throw new RotationError(
      'AdminNotAllowed',
      say`The secret names ${arn} in "admin_secret_arn", and ADMIN_SECRET_ARNS does not list it.`,
    )
  }
  const form: SecretForm<Readonly<Record<string, unknown>>> = {
    parse: parseJsonObject,
    sensitive: (json) =>
      secretPointers(auth.manage).flatMap((pointer) => {
        const value = at(json, pointer)
        return typeof value === 'string' ? [value] : []
      }),
  }
  return context.readSecret(arn, form)
}

/** Where the admin's document has what must not be seen; the name of a user or a client is none of it. */
function secretPointers(auth: Authentication | ClientCredentials): string[] {
  const secret = auth.scheme === 'basic' ? auth.password : 'client_secret' in auth ? auth.client_secret : auth
  return [...JSON.stringify(secret).matchAll(/"\$from":"admin:([^"]+)"/g)].map(([, pointer = '']) => pointer)
}
