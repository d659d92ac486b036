import type { Lambda } from './seen.ts'

const keyturnHandlers =
  /(^|\/)(single-user|dual-password|alternating-users|generated-value|key|user-key|access-key|api-key|client-secret|client-credentials|refresh-token)\.handler$/

/** Whether a function is one of Keyturn's: SAM names their handlers after their files. */
export function isKeyturn({ handler = '', runtime = '' }: Pick<Lambda, 'handler' | 'runtime'>): boolean {
  return runtime.startsWith('nodejs') && keyturnHandlers.test(handler)
}

/** Whether two logins take turns, with Keyturn's functions or AWS's. */
export function isAlternating(lambda: Pick<Lambda, 'name' | 'handler' | 'description'> | undefined): boolean {
  const { name = '', handler = '', description = '' } = lambda ?? {}
  return /alternating|multi.?user/i.test(`${name} ${handler} ${description}`)
}
