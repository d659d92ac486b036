import { RotationError } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import { parseJsonObject, textIn, textOrDigits, trimmedIn } from '../json-secret.ts'
import type { SecretForm } from '../rotation/secret-store.ts'
import type { Kind } from './kind.ts'

/** A secret that holds a credential of a provider. Fields that nobody here knows are kept. */
export interface DescribedSecret {
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
  /** Undefined where there is none yet. */
  readonly value: string | undefined
  /** By what the provider knows it. */
  readonly id: string | undefined
  /** The other half of a pair. */
  readonly second: string | undefined
  readonly provider: string | undefined
  readonly adminSecretArn: string | undefined
  readonly host: string | undefined
}

/**
 * Reads a secret with the fields of its kind, `provider`, `params` and `admin_secret_arn`.
 * @throws RotationError InvalidSecret
 */
export function parseDescribedSecret(text: string, kind: Kind): DescribedSecret {
  const json = parseJsonObject(text)
  const value = trimmedIn(json, kind.value)
  const adminSecretArn = textIn(json, 'admin_secret_arn')
  if (value === undefined && adminSecretArn === undefined) {
    const { noun } = kind
    const name = ours(kind.value)
    throw new RotationError('InvalidSecret', say`"${name}" is missing in the secret.`, {
      remedy: say`Put a ${noun} that works into "${name}". To have the first one made, name in "admin_secret_arn" the secret of what may make one.`,
    })
  }
  const params = json.params ?? {}
  if (typeof params !== 'object' || Array.isArray(params)) {
    throw new RotationError('InvalidSecret', say`"params" in the secret must be an object.`)
  }
  return {
    text,
    json,
    value,
    second: kind.second === undefined ? undefined : trimmedIn(json, kind.second),
    adminSecretArn,
    provider: textIn(json, 'provider'),
    id: textOrDigits(json[kind.id]) ?? textIn(json, kind.id),
    host: textIn(params as Record<string, unknown>, 'host'),
  }
}

/** How the secrets of a kind are read. */
export function describedForm(kind: Kind): SecretForm<DescribedSecret> {
  return {
    parse: (text) => parseDescribedSecret(text, kind),
    sensitive: ({ json }) => secretValues(json, kind),
  }
}

/** Of an object with the fields of a secret, the values that must be seen nowhere. */
export function secretValues(fields: Readonly<Record<string, unknown>>, { value, second, secrets }: Kind): string[] {
  return [value, second ?? '', ...secrets].flatMap((name) => {
    const held = Object.hasOwn(fields, name) ? fields[name] : undefined
    return typeof held === 'string' ? [held] : []
  })
}

/** The secret with another credential: everything else is as it was, in the same order. */
export function withFields(
  secret: DescribedSecret,
  fields: Readonly<Record<string, string>>,
  kind: Kind,
): DescribedSecret {
  return parseDescribedSecret(JSON.stringify({ ...secret.json, ...fields }), kind)
}
