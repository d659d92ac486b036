import { serviceError } from './errors.ts'

/**
 * One page of a list. NextToken names the last item of the page before, so that a list which grows meanwhile neither
 * repeats nor skips what was there.
 * @throws ServiceError InvalidNextTokenException for a token that is not from here, or whose item is gone
 */
export function page<T>(all: readonly T[], idOf: (item: T) => string, size: number, token: string | undefined) {
  const last = token === undefined ? -1 : all.findIndex((item) => encode(idOf(item)) === token)
  if (token !== undefined && last < 0) {
    throw serviceError('InvalidNextTokenException', 'The NextToken value is invalid.')
  }
  const items = all.slice(last + 1, last + 1 + size)
  const end = items.at(-1)
  const more = last + 1 + size < all.length
  return { items, NextToken: more && end !== undefined ? encode(idOf(end)) : undefined }
}

const encode = (id: string) => Buffer.from(id).toString('base64url')
