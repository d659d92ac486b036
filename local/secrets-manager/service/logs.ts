import { invalidParameter, notFound } from './errors.ts'
import { integer, optional, record, text } from './input.ts'
import { nextToken, type Operation } from './operation.ts'
import { page } from './paging.ts'
import type { Service } from './store.ts'

const filterShape = record({
  logGroupName: text({ min: 1, max: 512 }),
  startTime: optional(integer({ min: 0 })),
  endTime: optional(integer({ min: 0 })),
  filterPattern: optional(text({ max: 1024 })),
  limit: optional(integer({ min: 1, max: 10_000 })),
  nextToken,
})

/** CloudWatch Logs API reference, FilterLogEvents. */
export const logOperations: Record<string, Operation> = {
  FilterLogEvents({ logs }: Service, body) {
    const input = filterShape(body, '')
    const { startTime = 0, endTime = Infinity, filterPattern = '', limit = 10_000 } = input
    const events = logs.of(input.logGroupName)
    if (events === undefined) throw notFound('The specified log group does not exist.')
    const matches = matcherFor(filterPattern)
    const found = events.filter(
      ({ timestamp, message }) => timestamp >= startTime && timestamp <= endTime && matches(message),
    )
    const { items, NextToken } = page(found, ({ eventId }) => eventId, limit, input.nextToken)
    const shown = items.map((event) => ({ ...event, logStreamName: 'local', ingestionTime: event.timestamp }))
    return { events: shown, searchedLogStreams: [], nextToken: NextToken }
  },
}

/**
 * Understands these patterns (CloudWatch Logs user guide, "Filter pattern syntax"): none, a phrase in quotes, any of several with
 * a question mark before each, or `{ $.field = "text" }`, also several with && or with ||.
 */
function matcherFor(pattern: string): (message: string) => boolean {
  const trimmed = pattern.trim()
  if (trimmed === '') return () => true
  const phrase = /^"([^"]+)"$/.exec(trimmed)?.[1]
  if (phrase !== undefined) return (message) => message.includes(phrase)
  if (/^(\?"[^"]+"\s*)+$/.test(trimmed)) {
    const phrases = [...trimmed.matchAll(/"([^"]+)"/g)].map(([, each = '']) => each)
    return (message) => phrases.some((each) => message.includes(each))
  }
  const inner = /^\{(.*)\}$/s.exec(trimmed)?.[1]
  const parts = inner?.split(/\s*(?:&&|\|\|)\s*/) ?? []
  const terms = parts.map((part) => /^\s*\$\.(\w+(?:\.\w+)*)\s*=\s*"([^"]*)"\s*$/.exec(part))
  const mixed = inner?.includes('&&') && inner.includes('||')
  if (inner === undefined || mixed || terms.includes(null)) throw invalidParameter('Invalid filter pattern')
  const some = inner.includes('||')
  return (message) => {
    const json = parsed(message)
    const hits = terms.map((term) => term !== null && json !== undefined && fieldOf(json, term[1] ?? '') === term[2])
    return some ? hits.includes(true) : !hits.includes(false)
  }
}

function fieldOf(json: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], json)
}

function parsed(message: string): object | undefined {
  try {
    const json: unknown = JSON.parse(message)
    return typeof json === 'object' && json !== null ? json : undefined
  } catch {
    return undefined
  }
}
