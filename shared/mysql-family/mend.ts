import type { Words } from '../errors/words.ts'

/**
 * What an administrator is to run where a statement of ours lacks a privilege.
 * @param me the session's account, as SQL writes it
 * @param lacks the privilege that the server has named, where it is one that calls for another remedy
 */
export type Mend = (me: string, lacks: string | undefined) => Words | string

/**
 * The GRANT for it.
 * @param what for instance `SELECT ON mysql.*`
 * @param option what stands behind the account
 */
export function granting(what: string, option = ''): Mend {
  return (me) => `GRANT ${what} TO ${me}${option};`
}

/** For reading the accounts of others, their roles and their rights. */
export const readingAccounts = granting('SELECT ON mysql.*')
