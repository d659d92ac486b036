import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { isServiceError } from '../../local/secrets-manager/service/errors.ts'
import type { Outside } from './outside.ts'
import { type World, write } from './world.ts'

interface Input {
  readonly SecretId: string
  readonly VersionStage?: string
  readonly VersionStages?: readonly string[]
  readonly MoveToVersionId?: string
}

/**
 * What stands in the place of the SDK's client under the function's own store: each command is an outside call of a run,
 * and is carried out by the rules of the laptop's Secrets Manager.
 */
export function storeClient(world: World, outside: Outside): SecretsManagerClient {
  const send = (command: { readonly constructor: { readonly name: string }; readonly input: Input }) => {
    const operation = command.constructor.name.slice(0, -'Command'.length)
    const { input } = command
    const isRead = operation === 'GetSecretValue' || operation === 'DescribeSecret'
    const carryOut = () => answered(operation, () => world.secrets.call(operation, input))
    const effect = isRead ? carryOut : () => write(world, carryOut)
    const own = input.SecretId === world.secret.arn
    return outside.call({
      name: nameOf(operation, input, own),
      kind: isRead ? 'read' : 'write',
      effect,
      ...(own && isRead && { stale: () => seenBefore(world, effect) }),
      lost: () => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
      timedOut: () => Object.assign(new Error('Request aborted'), { name: 'AbortError' }),
    })
  }
  // The function's store asks a client for nothing but this.
  return { send } as unknown as SecretsManagerClient
}

/** As the SDK gives answers and errors: dates are dates, and an error's type is its name. */
function answered(operation: string, carryOut: () => Record<string, unknown>): Record<string, unknown> {
  try {
    const answer = carryOut()
    if (operation !== 'DescribeSecret') return answer
    return { ...answer, LastChangedDate: new Date(Number(answer.LastChangedDate) * 1000) }
  } catch (error) {
    if (isServiceError(error)) error.name = error.type
    throw error
  }
}

/** Reads as AWS allows them: what was there before the last change. */
function seenBefore<T>({ secret, before }: World, read: () => T): T {
  const { views } = secret
  secret.views = before
  try {
    return read()
  } finally {
    secret.views = views
  }
}

function nameOf(operation: string, { VersionStage, VersionStages, MoveToVersionId }: Input, own: boolean): string {
  if (operation === 'DescribeSecret') return 'describes the secret'
  if (operation === 'GetSecretValue') return own ? `reads ${VersionStage}` : "reads the superuser's secret"
  if (operation === 'PutSecretValue') return `stores ${VersionStages?.join(' and ')}`
  return MoveToVersionId === undefined ? `takes ${VersionStage} off` : `moves ${VersionStage}`
}
