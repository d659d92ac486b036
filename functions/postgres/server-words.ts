import type { DatabaseError } from 'pg'

/** A SQLSTATE as servers write them. */
export function tidy(code: string | undefined): string {
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : 'no SQLSTATE'
}

/** The fields of a server's error that quote parts of a statement or of data, or that a server may fill at will, are left out. */
export function withoutStatement({ code }: DatabaseError): Error {
  return new Error(`PostgreSQL ${tidy(code)}`)
}

export function asError(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: '', message: '' }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return { code, message: error.message }
}
