import { CloudTrailClient, type Event, LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import type { Settings } from './connection.ts'

/** The events that Secrets Manager itself reports of rotations. They have no resources, so they are found by name. */
export const rotationEvents = ['RotationStarted', 'RotationSucceeded', 'RotationFailed', 'RotationAbandoned']
export const testEvents = ['TestRotationStarted', 'TestRotationSucceeded', 'TestRotationFailed']
/** The calls that change a secret's value or move its labels. */
export const writingEvents = [
  'PutSecretValue',
  'UpdateSecret',
  'UpdateSecretVersionStage',
  'RotateSecret',
  'CancelRotateSecret',
]

/** An event about the secret in CloudTrail. */
export interface Trace {
  readonly time: number
  readonly event: string
  /** The identity that made the call; the service itself where it reports a rotation. */
  readonly by: string
  readonly error: string | undefined
  /** The version that a rotation made. */
  readonly version: string | undefined
}

/** Where the search ends, although there may be more. */
export interface Bound {
  readonly since: number
  readonly until: number
  /** Pages of 50 for each name. */
  readonly mostPages: number
}

export interface Found {
  readonly traces: readonly Trace[]
  /** Names of events that were not all read, with the time back to which they were. */
  readonly cutOff: readonly { readonly event: string; readonly before: number }[]
}

/**
 * The events about a secret in CloudTrail's own history of the last 90 days, oldest first. It answers two calls a second,
 * so the names are asked for one after the other, newest events first. Throws what the SDK throws.
 */
export async function tracesOf(
  settings: Settings,
  secretArn: string,
  names: readonly string[],
  bound: Bound,
): Promise<Found> {
  // CloudTrail takes two calls a second; after a refusal only waiting helps.
  const client = new CloudTrailClient({ ...settings, maxAttempts: 8, retryMode: 'adaptive' })
  const traces: Trace[] = []
  const cutOff: { event: string; before: number }[] = []
  for (const event of names) {
    let NextToken: string | undefined
    let oldest = bound.until
    for (let page = 0; page < bound.mostPages; page++) {
      const answer = await client.send(
        new LookupEventsCommand({
          LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: event }],
          StartTime: new Date(bound.since),
          EndTime: new Date(bound.until),
          MaxResults: 50,
          ...(NextToken && { NextToken }),
        }),
      )
      const events = answer.Events ?? []
      traces.push(...events.flatMap((each) => traceOf(each, secretArn)))
      oldest = events.at(-1)?.EventTime?.getTime() ?? oldest
      NextToken = answer.NextToken
      if (NextToken === undefined) break
    }
    if (NextToken !== undefined) cutOff.push({ event, before: oldest })
  }
  return { traces: traces.sort((a, b) => a.time - b.time), cutOff }
}

interface Detail {
  readonly additionalEventData?: { readonly SecretId?: string } | null
  readonly requestParameters?: { readonly secretId?: string } | null
  readonly responseElements?: { readonly arn?: string; readonly aRN?: string } | null
  readonly userIdentity?: { readonly arn?: string; readonly invokedBy?: string; readonly type?: string }
  readonly errorCode?: string
  readonly errorMessage?: string
  readonly requestID?: string
}

/** An event, if it is about the secret; the event itself is JSON in `CloudTrailEvent`. */
function traceOf({ EventTime, EventName = '', Username, CloudTrailEvent }: Event, secretArn: string): Trace[] {
  const detail = detailOf(CloudTrailEvent)
  const name = nameOf(secretArn)
  const about = [
    detail.additionalEventData?.SecretId,
    detail.requestParameters?.secretId,
    detail.responseElements?.arn ?? detail.responseElements?.aRN,
  ]
  if (!about.some((each) => each === secretArn || each === name)) return []
  const by = detail.userIdentity?.arn ?? detail.userIdentity?.invokedBy ?? Username ?? 'unknown'
  const version = detail.requestID?.startsWith(`Rotation-${secretArn}-`)
    ? detail.requestID.slice(`Rotation-${secretArn}-`.length)
    : undefined
  return [
    { time: EventTime?.getTime() ?? 0, event: EventName, by, error: detail.errorMessage ?? detail.errorCode, version },
  ]
}

function detailOf(text: string | undefined): Detail {
  try {
    return (JSON.parse(text ?? '{}') ?? {}) as Detail
  } catch {
    return {}
  }
}

/** The name of a secret: its ARN has six characters more. */
function nameOf(secretArn: string): string {
  return secretArn.replace(/^.*:secret:/, '').replace(/-[A-Za-z0-9]{6}$/, '')
}
