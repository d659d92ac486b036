import { type Input, optional, type Reader, record, text } from './input.ts'
import type { Service } from './store.ts'

/** One operation of the API: takes the decoded request body and gives the response body, or throws a ServiceError. */
export type Operation = (service: Service, body: unknown) => unknown

/** Joins the request's shape and what is done with it, so that the work sees typed input only. */
export function operation<S extends Readonly<Record<string, Reader<unknown>>>>(
  shape: S,
  work: (service: Service, input: Input<S>) => unknown,
): Operation {
  const read = record(shape)
  return (service, body) => work(service, read(body, ''))
}

// Lengths and patterns: the API's service model (secretsmanager-2017-10-17).
export const secretId = text({ min: 1, max: 2048 })
export const versionId = text({ min: 32, max: 64 })
export const stage = text({ min: 1, max: 256 })
export const token = optional(text({ min: 32, max: 64 }))
export const description = optional(text({ max: 2048 }))
export const kmsKeyId = optional(text({ max: 2048 }))
export const nextToken = optional(text({ min: 1, max: 4096 }))
