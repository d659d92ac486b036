import { randomUUID } from 'node:crypto'
import { LookupEventsRequest$, LookupEventsResponse$ } from '@aws-sdk/client-cloudtrail'
import type { DeliveredEvent } from '../../../local/secrets-manager/service/events.ts'
import { heldTo } from '../../support/api-model.ts'

/** A call that somebody made, as CloudTrail would keep it. */
export interface MadeCall {
  readonly time: number
  readonly name: string
  readonly secretId: string
  /** The ARN of the caller. */
  readonly by: string
  readonly errorCode?: string
  /** Of events that the service reports itself. */
  readonly errorMessage?: string
}

interface Asked {
  readonly LookupAttributes?: readonly { readonly AttributeKey: string; readonly AttributeValue: string }[]
  readonly StartTime?: number
  readonly EndTime?: number
  readonly MaxResults?: number
  readonly NextToken?: string
}

/**
 * LookupEvents, which moto does not have: what the laptop's Secrets Manager has reported, and calls that a test says
 * were made. Newest first, at most 50 at a time, one attribute; events of the service itself have no resources.
 */
export function lookupEvents(body: string, events: readonly DeliveredEvent[], calls: readonly MadeCall[]): string {
  const asked = JSON.parse(body) as Asked
  heldTo(LookupEventsRequest$, asked)
  const { LookupAttributes = [], StartTime = 0, EndTime = Infinity, MaxResults = 50, NextToken = '0' } = asked
  const [attribute, ...more] = LookupAttributes
  if (more.length > 0) throw new Error('CloudTrail takes one attribute.')
  if (attribute !== undefined && attribute.AttributeKey !== 'EventName')
    throw new Error(`${attribute.AttributeKey} is not known here.`)
  const all = [...events.flatMap(reported), ...calls.map(called)]
    .filter(({ EventTime }) => EventTime >= StartTime && EventTime <= EndTime)
    .filter(({ EventName }) => attribute === undefined || EventName === attribute.AttributeValue)
    .sort((a, b) => b.EventTime - a.EventTime)
  const begin = Number(NextToken)
  const end = begin + Math.min(MaxResults, 50)
  const answer = { Events: all.slice(begin, end), ...(end < all.length ? { NextToken: String(end) } : {}) }
  heldTo(LookupEventsResponse$, answer)
  return JSON.stringify(answer)
}

function reported({ detail, id }: DeliveredEvent) {
  const { eventName, eventTime } = detail as { eventName?: string; eventTime?: string }
  if (eventName === undefined || eventTime === undefined) return []
  const about = { EventId: id, EventName: eventName, EventTime: Date.parse(eventTime) / 1000 }
  return [{ ...about, EventSource: 'secretsmanager.amazonaws.com', CloudTrailEvent: JSON.stringify(detail) }]
}

function called({ time: exact, name, secretId, by, errorCode, errorMessage }: MadeCall) {
  // CloudTrail knows whole seconds.
  const time = Math.floor(exact / 1000) * 1000
  const detail = {
    eventVersion: '1.11',
    userIdentity: { type: 'AssumedRole', arn: by },
    eventTime: new Date(time).toISOString(),
    eventSource: 'secretsmanager.amazonaws.com',
    eventName: name,
    requestParameters: { secretId },
    responseElements: errorCode === undefined ? { arn: secretId } : null,
    ...(errorCode === undefined ? {} : { errorCode }),
    ...(errorMessage === undefined ? {} : { errorMessage, additionalEventData: { SecretId: secretId } }),
    eventType: 'AwsApiCall',
  }
  const about = { EventId: randomUUID(), EventName: name, EventTime: time / 1000 }
  return { ...about, EventSource: 'secretsmanager.amazonaws.com', CloudTrailEvent: JSON.stringify(detail) }
}
