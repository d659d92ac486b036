import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { at } from '../../shared/http/pointer.ts'
import { parseJsonObject } from '../../shared/json-secret.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import type { SecretForm } from '../../shared/rotation/secret-type.ts'
import type { Authentication } from './description.ts'
import type { Provider } from './providers.ts'
import type { ApiKeySecret } from './secret.ts'
import type { ApiKeySettings } from './settings.ts'

/**
 * What the managing authentication reads as `admin:`: the admin's secret where the secret names one, else the secret itself,
 * whose key then manages its like.
 * @throws RotationError AdminNotAllowed, InvalidSecret; what reading a secret throws
 */
export async function managing(
  secret: ApiKeySecret,
  { description: { auth, needsAdmin, title } }: Provider,
  { adminSecretArns }: ApiKeySettings,
  context: RotationContext,
): Promise<Readonly<Record<string, unknown>>> {
  const { adminSecretArn: arn } = secret
  if (arn === undefined) {
    if (needsAdmin === undefined) return secret.json
    throw new RotationError(
      'InvalidSecret',
      say`The secret names no "admin_secret_arn", and a key of ${title} makes no keys.`,
      {
        likely: say`${needsAdmin}`,
        remedy: say`Put what may make keys into a secret of its own, name that in "admin_secret_arn", and list it in ADMIN_SECRET_ARNS.`,
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

/** Where the admin's document has what must not be seen; a user's name is none of it. */
function secretPointers(auth: Authentication): string[] {
  const secret = auth.scheme === 'basic' ? auth.password : auth
  return [...JSON.stringify(secret).matchAll(/"\$from":"admin:([^"]+)"/g)].map(([, pointer = '']) => pointer)
}
