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

/** The part of the SDK's commands that is used here. */
interface Command {
  readonly constructor: { readonly name: string }
  readonly input: Input
  readonly middlewareStack: {
    resolve<T>(
      handler: () => Promise<{ readonly output: T; readonly response: unknown }>,
      context: object,
    ): (args: object) => Promise<{ readonly output: T }>
  }
}

/**
 * Stands in the place of the SDK's client, under the function's own store: each command is an outside call of a run,
 * and is carried out by the rules of the laptop's Secrets Manager.
 */
export function storeClient(world: World, outside: Outside): SecretsManagerClient {
  const send = (command: Command) => {
    const operation = command.constructor.name.slice(0, -'Command'.length)
    const { input } = command
    const isRead = operation === 'GetSecretValue' || operation === 'DescribeSecret'
    let times = 0
    const carryOut = () => {
      times++
      return answered(() => world.secrets.call(operation, input))
    }
    const effect = isRead ? carryOut : () => write(world, carryOut)
    const own = input.SecretId === world.secret.arn
    const lost = () => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    const answer = outside.call({
      name: nameOf(operation, input, own),
      kind: isRead ? 'read' : 'write',
      effect,
      ...(own && isRead && { stale: () => seenBefore(world, effect) }),
      lost,
      timedOut: () => Object.assign(new Error('Request aborted'), { name: 'AbortError' }),
    })
    return operation === 'PutSecretValue' ? attempted(command, answer, () => (times > 1 ? [lost()] : [])) : answer
  }
  // The function's store calls no other method of a client.
  return { send } as unknown as SecretsManagerClient
}

/** Tells the middleware of a command about its attempts: those without an answer, and the last one. */
async function attempted<T>(
  { middlewareStack, input }: Command,
  answer: Promise<T>,
  unanswered: () => readonly Error[],
): Promise<T> {
  const hear = (outcome: Promise<T>) =>
    middlewareStack.resolve(async () => ({ output: await outcome, response: undefined }), {})({ input })
  // The command ends before the middleware is told.
  await answer.catch(() => undefined)
  for (const error of unanswered()) await hear(Promise.reject(error)).catch(() => undefined)
  return (await hear(answer)).output
}

/** Gives answers and errors the SDK's form: dates are dates, and an error's type is its name. */
function answered(carryOut: () => Record<string, unknown>): Record<string, unknown> {
  try {
    const answer = carryOut()
    const dates = ['LastChangedDate', 'CreatedDate'].filter((name) => typeof answer[name] === 'number')
    return { ...answer, ...Object.fromEntries(dates.map((name) => [name, new Date(Number(answer[name]) * 1000)])) }
  } catch (error) {
    if (!isServiceError(error)) throw error
    throw Object.assign(error, { name: error.type, $fault: 'client', $metadata: { httpStatusCode: error.status } })
  }
}

/** Gives the state before the last change, as AWS's reads may. */
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
