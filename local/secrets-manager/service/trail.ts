import { account, arnOfIdentity } from '../arns.ts'
import type { CallLog, CallRecord } from './calls.ts'
import type { DeliveredEvent, EventLog } from './events.ts'
import { integer, optional, type Reader, record, text } from './input.ts'
import { nextToken, type Operation } from './operation.ts'
import { page } from './paging.ts'

const attribute = record({ AttributeKey: text({ max: 64 }), AttributeValue: text({ max: 2000 }) })
const only: Reader<readonly ReturnType<typeof attribute>[]> = (value, path) =>
  (Array.isArray(value) ? value : []).slice(0, 1).map((each) => attribute(each, path))
const seconds: Reader<number> = (value) => Number(value)
const lookupShape = record({
  LookupAttributes: optional(only),
  StartTime: optional(seconds),
  EndTime: optional(seconds),
  MaxResults: optional(integer({ min: 1, max: 50 })),
  NextToken: nextToken,
})

interface TrailEvent {
  readonly EventId: string
  readonly EventName: string
  readonly EventTime: number
  readonly EventSource: string
  readonly CloudTrailEvent: string
}

const EventSource = 'secretsmanager.amazonaws.com'

/**
 * CloudTrail API reference, LookupEvents: the events of the service, and the calls that change something; newest first,
 * by the name of the event or all of them.
 */
export function trailOperations(events: EventLog, calls: CallLog): Record<string, Operation> {
  return {
    LookupEvents({ functions, region }, body) {
      const { LookupAttributes, StartTime = 0, EndTime = Infinity, ...input } = lookupShape(body, '')
      const name = LookupAttributes?.find(({ AttributeKey }) => AttributeKey === 'EventName')?.AttributeValue
      const isFunction = (caller: string) => functions.some(({ id }) => id === caller)
      const ofRegion = <T extends { readonly region: string }>(each: T) => each.region === region
      const made = calls.list().filter(ofRegion)
      const all = [
        ...events.list().filter(ofRegion).flatMap(reported),
        ...made.flatMap((call) => called(call, isFunction)),
      ]
        .filter(({ EventTime: time }) => time >= StartTime && time <= EndTime)
        .filter(({ EventName }) => name === undefined || EventName === name)
        .sort((a, b) => b.EventTime - a.EventTime)
      const { items, NextToken } = page(all, ({ EventId }) => EventId, input.MaxResults ?? 50, input.NextToken)
      return { Events: items, NextToken }
    },
  }
}

function reported({ id, detail }: DeliveredEvent): TrailEvent[] {
  const { eventName, eventTime } = detail as { readonly eventName?: string; readonly eventTime?: string }
  if (eventName === undefined || eventTime === undefined) return []
  const about = { EventId: id, EventName: eventName, EventTime: Date.parse(eventTime) / 1_000, EventSource }
  return [{ ...about, CloudTrailEvent: JSON.stringify(detail) }]
}

/** Calls that only read are left out: they change no secret. */
function called(call: CallRecord, isFunction: (caller: string) => boolean): TrailEvent[] {
  const { operation: EventName, caller, region, secretId, startedAt, sequence, outcome } = call
  if (secretId === undefined || /^(Get|List|Describe|BatchGet)/.test(EventName)) return []
  const arn = isFunction(caller)
    ? arnOfIdentity('sts', region, `assumed-role/${caller}/${caller}`)
    : arnOfIdentity('iam', region, `user/${caller}`)
  const EventTime = Math.floor(startedAt / 1_000)
  const detail = {
    eventVersion: '1.11',
    userIdentity: { type: isFunction(caller) ? 'AssumedRole' : 'IAMUser', arn, accountId: account },
    eventTime: `${new Date(EventTime * 1_000).toISOString().slice(0, 19)}Z`,
    eventSource: EventSource,
    eventName: EventName,
    requestParameters: { secretId },
    responseElements: null,
    ...(outcome === 'ok' ? {} : { errorCode: outcome }),
    eventType: 'AwsApiCall',
  }
  const EventId = `${caller}-${sequence}`
  return [{ EventId, EventName, EventTime, EventSource, CloudTrailEvent: JSON.stringify(detail) }]
}
