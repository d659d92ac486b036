/** An error that the service answers with: `type` is the `__type` of the JSON body, `status` the HTTP status. */
export interface ServiceError extends Error {
  readonly type: string
  readonly status: number
}

/**
 * @param type one of the exceptions of the API reference ("Common Errors" and the operation's own)
 * @param message AWS's text where it is known; never contains a secret value
 */
export function serviceError(type: string, message: string, status = 400): ServiceError {
  return Object.assign(new Error(message), { type, status })
}

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'type' in error && 'status' in error
}

export const invalidParameter = (message: string) => serviceError('InvalidParameterException', message)
export const invalidRequest = (message: string) => serviceError('InvalidRequestException', message)
export const notFound = (message: string) => serviceError('ResourceNotFoundException', message)
export const limitExceeded = (message: string) => serviceError('LimitExceededException', message)
export const validation = (message: string) => serviceError('ValidationException', message)
export const unreadable = (message: string) => serviceError('SerializationException', message)
