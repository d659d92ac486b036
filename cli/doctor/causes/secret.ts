import { day, fromNow, span } from '../../times.ts'
import { parsedArn } from '../arn.ts'
import { type Cause, cause, isInTrouble, isOverdue, isStuck, pendingOf } from '../cause.ts'
import { known } from '../seen.ts'
import { openWindow, windowsOf } from '../windows.ts'
import { when } from '../words.ts'

/** From here on AWS begins to remove versions, and refuses new ones where it cannot. */
const manyVersions = 90
const mostVersions = 100

/** Causes in the secret's own state. */
export const secretCauses: readonly Cause[] = [
  cause(27, 'The secret is deleted, a replica, or managed by AWS', ({ secret, now, region }) => {
    const about = known(secret)
    if (about === undefined) return undefined
    if (about.deleted !== undefined)
      return {
        certainty: 'sure',
        saw: `The secret is deleted and will be gone ${fromNow(about.deleted, now)}.`,
        remedy: 'Restore it, if it is still needed.',
        command: `aws secretsmanager restore-secret --secret-id ${about.arn}`,
      }
    const own = parsedArn(about.arn)?.region ?? region
    if (about.primaryRegion !== undefined && about.primaryRegion !== own)
      return {
        certainty: 'sure',
        saw: `This is the replica in ${own} of a secret in ${about.primaryRegion}. Replicas are not rotated.`,
        remedy: 'Look at the secret in its own Region: new values come here by themselves.',
        command: `keyturn doctor ${about.name} --region ${about.primaryRegion}`,
      }
    const owner = about.owner ?? (about.functionArn === undefined ? about.type : undefined)
    if (owner === undefined) return undefined
    return {
      certainty: about.functionArn === undefined ? 'note' : 'sure',
      saw: `The secret is managed by ${owner}, which rotates it without a function.`,
      remedy: `Set its rotation up with ${owner}, not in Secrets Manager.`,
    }
  }),
  cause(28, 'Rotation is off, or overdue', (seen) => {
    const about = known(seen.secret)
    if (about === undefined || about.deleted !== undefined || about.owner !== undefined) return undefined
    if (about.rotationEnabled !== true && about.functionArn !== undefined)
      return {
        certainty: 'sure',
        saw: 'Rotation is switched off; the function and the schedule are kept.',
        remedy: 'Switch it on. This only tests; keyturn rotate then rotates.',
        command: `aws secretsmanager rotate-secret --secret-id ${about.arn} --no-rotate-immediately`,
      }
    if (about.functionArn === undefined && about.type === undefined && about.primaryRegion === undefined)
      return {
        certainty: 'sure',
        saw: 'Rotation was never set up for this secret.',
        remedy: 'Name a function and a schedule. This only tests; keyturn rotate then rotates.',
        command: `aws secretsmanager rotate-secret --secret-id ${about.arn} --rotation-lambda-arn FUNCTION --rotation-rules AutomaticallyAfterDays=30 --no-rotate-immediately`,
      }
    if (!isOverdue(seen) || about.nextRotation === undefined) return undefined
    return {
      certainty: 'likely',
      saw: `The rotation that was due by ${when(about.nextRotation)} has not succeeded.`,
      remedy: 'Mend what is found besides this, then rotate.',
      command: `keyturn rotate ${about.name}`,
    }
  }),
  cause(18, 'A rotation is stuck: AWSPENDING is left behind', (seen) => {
    const about = known(seen.secret)
    const pending = pendingOf(about)
    if (about === undefined || pending === undefined || !isStuck(seen)) return undefined
    const since = known(seen.versions)?.find(({ id }) => id === pending)?.created
    const age = since === undefined ? '' : ` since ${span(seen.now - since)}`
    return {
      certainty: 'sure',
      saw: `Version ${pending} has AWSPENDING${age} and is not AWSCURRENT: no other rotation starts.`,
      remedy:
        'Mend what is found besides this; then rotate on, or remove the label, whichever the probe proves to do no harm.',
      command: `keyturn doctor ${about.name} --fix`,
    }
  }),
  cause(25, 'The schedule is not what was thought', (seen) => {
    const about = known(seen.secret)
    if (about?.rotationEnabled !== true || isInTrouble(seen)) return undefined
    const windows = windowsOf(about, seen.now)
    if (about.rules === undefined || (about.rules.days === undefined && about.rules.expression === undefined))
      return {
        certainty: 'sure',
        saw: 'Rotation is on, but there is no schedule: nothing rotates the secret by itself.',
        remedy: 'Set a schedule. This only tests; keyturn rotate then rotates.',
        command: `aws secretsmanager rotate-secret --secret-id ${about.arn} --rotation-rules AutomaticallyAfterDays=30 --no-rotate-immediately`,
      }
    const [next] = windows
    if (about.lastRotated !== undefined || next === undefined) return undefined
    const open = openWindow(windows, seen.now)
    const saw = open
      ? `It may come at any time until ${when(open.closes)}`
      : `It comes between ${when(next.opens)} and ${when(next.closes)}`
    return {
      certainty: 'note',
      saw: `The secret has not been rotated yet. ${saw}.`,
      remedy: 'Wait, or rotate now.',
      command: `keyturn rotate ${about.name}`,
    }
  }),
  cause(26, 'There are too many versions', ({ secret, versions, now }) => {
    const all = known(versions)
    if (all === undefined || all.length <= manyVersions) return undefined
    const young = all.filter(({ created }) => created !== undefined && now - created < day).length
    return {
      certainty: all.length >= mostVersions && young >= manyVersions ? 'sure' : 'likely',
      saw: `The secret has ${all.length} versions, ${young} of them younger than a day: AWS removes none of these and stops at about ${mostVersions}.`,
      remedy: 'Find out who writes it so often, and wait a day. CloudTrail tells who:',
      command: `keyturn history ${known(secret)?.name ?? ''} --since 2d`,
    }
  }),
  cause(31, 'A replica did not get the new value', ({ secret }) => {
    const about = known(secret)
    const failed = about?.replicas.find(({ status }) => status === 'Failed')
    if (about === undefined || failed === undefined) return undefined
    return {
      certainty: 'sure',
      saw: `The replica in ${failed.region} failed: ${failed.message || 'AWS says no more'}.`,
      remedy:
        'Remove what is in its way there (a secret of the same name, the rights to its key), then replicate again.',
      command: `aws secretsmanager replicate-secret-to-regions --secret-id ${about.arn} --add-replica-regions Region=${failed.region} --force-overwrite-replica-secret`,
    }
  }),
]
