import type { Trace } from '../../aws/trail.ts'
import { day } from '../../times.ts'
import { type Cause, cause, type Finding, isStuck, pendingOf } from '../cause.ts'
import { known, type Seen } from '../seen.ts'
import { when } from '../words.ts'

/** Causes around a rotation: other writers, and failures that nobody would hear of. */
export const aroundCauses: readonly Cause[] = [
  cause(17, 'Somebody else writes the secret while it rotates', (seen) => {
    const traces = (known(seen.traces) ?? []).filter(({ time }) => seen.now - time < 7 * day)
    const started = traces.findLast(({ event }) => event === 'RotationStarted')
    if (started === undefined) return undefined
    const after = traces.filter(({ time }) => time >= started.time)
    const ended = after.find(({ event }) => /^Rotation(Succeeded|Failed|Abandoned)$/.test(event))
    const writer = after.find((trace) => isForeign(trace, seen) && (ended === undefined || trace.time <= ended.time))
    const abandoned = ended?.event === 'RotationAbandoned'
    if (ended?.event === 'RotationSucceeded' || (writer === undefined && !abandoned)) return undefined
    const what =
      writer === undefined ? 'Somebody stored a value' : `${writer.by} called ${writer.event} at ${when(writer.time)}`
    return {
      certainty: 'sure',
      saw: `${what} while a rotation ran${abandoned ? ', which Secrets Manager then abandoned' : ''}.`,
      remedy: 'Let nothing else write the secret, see that AWSCURRENT logs in, then rotate.',
      command: `keyturn rotate ${known(seen.secret)?.name}`,
    }
  }),
  cause(24, 'A rotation was started, and the function never said a word', (seen) => {
    const [secret, lambda, log] = [known(seen.secret), known(seen.lambda), known(seen.log)]
    const pending = pendingOf(secret)
    if (pending === undefined || lambda === undefined || log === undefined || !isStuck(seen)) return undefined
    if (log.some(({ version, text }) => version === pending || text.includes(pending))) return undefined
    const saw = `Version ${pending} is pending, and the log ${lambda.logGroup} has no line of it.`
    const command = `aws logs tail ${lambda.logGroup} --since 1d`
    return {
      certainty: 'likely',
      saw,
      remedy:
        'The function was not started, or reached nothing: its permission, its network and the rights of its role to write logs. This shows its log:',
      command,
    }
  }),
  cause(33, 'Nobody would hear of a failed rotation', (seen) => blind(seen)),
]

/** Whether somebody else than the function has made a write; the function's sessions have the name of its role. */
function isForeign({ event, by, error }: Trace, { lambda }: Seen): boolean {
  if (!/^(PutSecretValue|UpdateSecret|UpdateSecretVersionStage)$/.test(event) || error !== undefined) return false
  const role = known(lambda)?.roleArn.replace(/^.*\//, '')
  return role === undefined || !by.includes(`:assumed-role/${role}/`)
}

function blind({ alarms }: Seen): Finding | undefined {
  const note = (saw: string, remedy: string, command?: string): Finding => ({
    certainty: 'note',
    saw,
    remedy,
    ...(command === undefined ? {} : { command }),
  })
  const rules = known(alarms.rules)
  if (rules?.length === 0)
    return note('No rule of EventBridge waits for failed rotations.', 'Give the stack AlarmEmail or AlarmTopicArn.')
  if (known(alarms.trail) === false)
    return note(
      'No trail of CloudTrail is logging here, so EventBridge hears nothing of failed rotations.',
      'Make a trail for management events. Its bucket must let CloudTrail write.',
      'aws cloudtrail create-trail --name NAME --s3-bucket-name BUCKET',
    )
  const off = rules?.find(({ enabled }) => !enabled)
  if (off !== undefined && rules?.every(({ enabled }) => !enabled))
    return note(`The rule ${off.name} is switched off.`, 'Switch it on.', `aws events enable-rule --name ${off.name}`)
  const [topic] = known(alarms.unheard) ?? []
  return topic === undefined
    ? undefined
    : note(
        `Nobody has confirmed a subscription of the topic ${topic}.`,
        'Confirm it: AWS has sent a mail to the address.',
      )
}
