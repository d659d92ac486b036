import { randomUUID } from 'node:crypto'
import { account, regionIn } from '../arns.ts'
import type { Clock } from './clock.ts'

export type ServiceEventName =
  | 'RotationStarted'
  | 'RotationSucceeded'
  | 'RotationFailed'
  | 'RotationAbandoned'
  | 'TestRotationStarted'
  | 'TestRotationSucceeded'
  | 'TestRotationFailed'
  | 'StartSecretVersionDelete'
  | 'CancelSecretVersionDelete'
  | 'EndSecretVersionDelete'

/** What EventBridge would deliver; `detail` is CloudTrail's record, or that of a Secret Label Updated event. */
export interface DeliveredEvent {
  readonly version: '0'
  readonly id: string
  readonly 'detail-type': 'AWS Service Event via CloudTrail' | 'Secret Label Updated'
  readonly source: 'aws.secretsmanager'
  readonly account: string
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: Readonly<Record<string, unknown>>
}

interface About {
  readonly arn: string
  readonly name: string
}

export interface EventLog {
  /** Every event so far, oldest first. */
  list(): readonly DeliveredEvent[]
  /** The names of the service events so far (RotationStarted, …), of one secret or of all. */
  names(arn?: string): readonly string[]
  /** Calls `listener` for every further event; returns how to stop. */
  subscribe(listener: (event: DeliveredEvent) => void): () => void
  service(name: ServiceEventName, secret: About, token: string, errorMessage?: string): void
  labelUpdated(secret: About, label: string, versionId: string): void
}

/**
 * The events that Secrets Manager sends by itself, in the shape in which EventBridge delivers them: user guide,
 * "AWS CloudTrail entries for Secrets Manager" and "Secret Label Updated event".
 */
export function createEventLog(clock: Clock): EventLog {
  const events: DeliveredEvent[] = []
  const listeners = new Set<(event: DeliveredEvent) => void>()

  function deliver(
    type: DeliveredEvent['detail-type'],
    region: string,
    resources: string[],
    detail: Record<string, unknown>,
  ) {
    const time = `${new Date(clock.now()).toISOString().slice(0, 19)}Z`
    const about = { source: 'aws.secretsmanager', account, time, region, resources } as const
    const event = { version: '0', id: randomUUID(), 'detail-type': type, ...about, detail } as const
    events.push(event)
    for (const listener of listeners) listener(event)
  }

  return {
    list: () => [...events],
    names: (arn) =>
      events.flatMap(({ detail }) => {
        const { eventName, additionalEventData } = detail as { eventName?: string; additionalEventData?: object }
        const wanted = arn === undefined || (additionalEventData as { SecretId?: string })?.SecretId === arn
        return eventName !== undefined && wanted ? [eventName] : []
      }),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    service(eventName, { arn }, token, errorMessage) {
      const service = 'secretsmanager.amazonaws.com'
      const who = { userIdentity: { accountId: account, invokedBy: service }, sourceIPAddress: service }
      const kind = { eventType: 'AwsServiceEvent', eventCategory: 'Management', managementEvent: true, readOnly: false }
      const region = regionIn(arn)
      deliver('AWS Service Event via CloudTrail', region, [], {
        eventVersion: '1.11',
        ...who,
        userAgent: service,
        eventTime: `${new Date(clock.now()).toISOString().slice(0, 19)}Z`,
        eventSource: service,
        eventName,
        awsRegion: region,
        ...(errorMessage === undefined ? {} : { errorMessage }),
        requestParameters: null,
        responseElements: null,
        additionalEventData: { SecretId: arn },
        requestID: `Rotation-${arn}-${token}`,
        eventID: randomUUID(),
        ...kind,
        recipientAccountId: account,
      })
    },
    labelUpdated({ arn, name }, labelUpdated, versionId) {
      // AWS sends it for every label but these two.
      if (labelUpdated === 'AWSPENDING' || labelUpdated === 'AWSPREVIOUS') return
      deliver('Secret Label Updated', regionIn(arn), [arn], { name, labelUpdated, versionId })
    },
  }
}
