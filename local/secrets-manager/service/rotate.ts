import { arnOfFunction } from '../arns.ts'
import { invalidParameter, invalidRequest, serviceError } from './errors.ts'
import { flag, integer, optional, record, text } from './input.ts'
import { type Operation, operation, secretId, token } from './operation.ts'
import { dropRotation, reattempt, startRotation } from './rotation.ts'
import { parseSchedule } from './schedule.ts'
import { armSchedule } from './scheduler.ts'
import {
  type Configuration,
  changed,
  findLiveSecret,
  functionWith,
  identity,
  nextWindow,
  type Secret,
  type Service,
} from './store.ts'
import { current, lonePending, pending, tokenInUse, versionWith } from './versions.ts'

const rules = record({
  AutomaticallyAfterDays: optional(integer({ min: 1, max: 1000 })),
  Duration: optional(text({ min: 2, max: 3, pattern: /^[0-9]+h$/ })),
  ScheduleExpression: optional(text({ min: 1, max: 256, pattern: /^[0-9A-Za-z()#?*\-/, ]+$/ })),
})

const rotateShape = {
  SecretId: secretId,
  ClientRequestToken: token,
  RotationLambdaARN: optional(text({ max: 2048 })),
  RotationRules: optional(rules),
  RotateImmediately: optional(flag),
}

/** API reference, RotateSecret and CancelRotateSecret. Nothing is stored when the request is refused. */
export const rotateOperations: Record<string, Operation> = {
  RotateSecret: operation(rotateShape, (service, input) => {
    const id = input.ClientRequestToken
    // The other operations answer this with an InvalidRequestException.
    if (id === undefined) {
      throw invalidParameter('You must provide a ClientRequestToken value. We recommend a UUID-type value.')
    }
    const secret = findLiveSecret(service, input.SecretId)
    const configuration = configure(service, secret, input.RotationLambdaARN, input.RotationRules)
    const answer = { ...identity(secret), VersionId: id }
    // The same request once more, from a client that did not get the answer.
    if (secret.rotation?.token === id && secret.rotation.state === 'running') return answer
    refuseWhilePending(service, secret)
    if (versionWith(secret, current)?.id === id) return answer
    if (secret.versions.has(id)) throw tokenInUse(secret, id)
    // The last thing that can be refused: there may be too many versions.
    void startRotation(service, secret, input.RotateImmediately === false ? 'test' : 'rotation', id)
    secret.configuration = configuration
    secret.nextWindow = nextWindow(service, secret)
    armSchedule(service, secret)
    return answer
  }),

  CancelRotateSecret: operation({ SecretId: secretId }, (service, { SecretId }) => {
    const secret = findLiveSecret(service, SecretId)
    if (secret.configuration === undefined) throw noFunctionArn()
    const VersionId = versionWith(secret, pending)?.id
    dropRotation(secret)
    secret.configuration.enabled = false
    secret.nextWindow = undefined
    changed(service, secret)
    return { ...identity(secret), VersionId }
  }),
}

function configure(
  service: Service,
  { configuration }: Secret,
  arn: string | undefined,
  given: ReturnType<typeof rules> | undefined,
): Configuration {
  const functionArn = arn || configuration?.functionArn
  if (functionArn === undefined) throw noFunctionArn()
  const now = service.clock.now()
  const schedule = given === undefined ? configuration?.schedule : parseSchedule(given, now)
  if (functionWith(service, functionArn) === undefined) throw noFunction(service)
  const since = given === undefined ? (configuration?.since ?? now) : now
  return { enabled: true, functionArn, schedule, since }
}

/** AWS's text, and, because this is a laptop, the functions that there are. */
function noFunction({ functions, region }: Service) {
  const how = 'Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.'
  const ids = functions.map(({ id }) => id).join(', ')
  const here =
    ids === '' ? 'There is no function here.' : `Here is ${arnOfFunction('NAME', region)}, NAME being one of: ${ids}.`
  return serviceError(
    'AccessDeniedException',
    `Secrets Manager cannot invoke the specified Lambda function. ${how} ${here}`,
  )
}

function noFunctionArn() {
  return invalidRequest('No Lambda rotation function ARN is associated with this secret.')
}

/** Refuses a rotation while another one is pending, and, as the answer says, takes that one up again unless it runs right now. */
function refuseWhilePending(service: Service, secret: Secret): void {
  const left = secret.rotation?.token ?? lonePending(secret)?.id
  if (left === undefined) return
  // Without a configured function there is nothing to invoke: AWSPENDING was put there by hand.
  if (secret.configuration?.enabled) void reattempt(service, secret, left)
  throw invalidRequest('A previous rotation isn’t complete. That rotation will be reattempted.')
}
