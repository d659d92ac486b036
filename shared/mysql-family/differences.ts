import { grantOption, withGrantOption } from './grants.ts'

/**
 * Something in which an account of the clone is not, or is no longer, what the base's is: all of it as SQL writes it.
 * `to` is the account that is to be changed.
 */
export type Difference = { readonly to: string; readonly clone: 'lacks' | 'has' } & (
  | {
      readonly kind: 'account'
      /** What CREATE USER says behind the name. It may hold a password. */
      readonly identified: string
    }
  | {
      readonly kind: 'options'
      /** Without values: a certificate's names are nobody's business. */
      readonly names: readonly string[]
      /** What ALTER USER says behind the name. */
      readonly clause: string
    }
  | PrivilegesDifference
  | {
      readonly kind: 'role' | 'proxy'
      /** The role, or the account that may be acted for. */
      readonly name: string
      /** Whether the base may hand it on. */
      readonly option: boolean
      /** Whether both have it, and one of them alone may hand it on. MySQL has no statement that takes that away. */
      readonly optionAlone: boolean
    }
  | { readonly kind: 'default role'; readonly name: string /** The server's word. */; readonly word: 'FOR' | 'TO' }
)

interface PrivilegesDifference {
  readonly kind: 'privileges'
  /** `` `d`.* `` */
  readonly on: string
  readonly names: readonly string[]
  /** What is granted or revoked: these, or what ALL PRIVILEGES are cut down by. */
  readonly changed: readonly string[]
}

/** The statement that makes the two accounts equal in a difference. */
export function statementOf(difference: Difference): string {
  const { kind, to } = difference
  const lacks = difference.clone === 'lacks'
  if (kind === 'account') return `CREATE USER ${to} ${difference.identified}`
  if (kind === 'options') return `ALTER USER ${to} ${difference.clause}`
  if (kind === 'default role') return `SET DEFAULT ROLE ${lacks ? difference.name : 'NONE'} ${difference.word} ${to}`
  if (kind === 'privileges') {
    const changed = changedIn(difference)
    if (!lacks) return `REVOKE ${changed.join(', ')} ON ${difference.on} FROM ${to}`
    const option = difference.names.some((each) => each.endsWith(grantOption)) ? withGrantOption : ''
    return `GRANT ${withoutOption(changed)} ON ${difference.on} TO ${to}${option}`
  }
  const { name, option, optionAlone } = difference
  const [what, tail] = kind === 'role' ? [name, ' WITH ADMIN OPTION'] : [`PROXY ON ${name}`, withGrantOption]
  if (lacks) return `GRANT ${what} TO ${to}${option ? tail : ''}`
  // For a proxy there is no statement for the option alone: the rest comes back when the two are compared again.
  return `REVOKE ${optionAlone && kind === 'role' ? 'ADMIN OPTION FOR ' : ''}${what} FROM ${to}`
}

/** What the base and the clone have by the same name. */
export function sideBySide<Value>(base: ReadonlyMap<string, Value>, clone: ReadonlyMap<string, Value>) {
  const names = new Set([...base.keys(), ...clone.keys()])
  return [...names].map((name) => ({ name, wanted: base.get(name), has: clone.get(name) }))
}

/** The statements of the first five, for an error: the next error has the others. */
export function statementsOf(differences: readonly Difference[]): string {
  return differences
    .slice(0, 5)
    .map((each) => `${statementOf(each)};`)
    .join(' ')
}

/** The privileges that its statement names. */
export function changedIn({ changed }: PrivilegesDifference): string[] {
  return [...new Set(changed.map((each) => each.replace(withGrantOption, '')))]
}

/** What GRANT says of privileges, before what stands behind the account. */
export function withoutOption(privileges: readonly string[]): string {
  return privileges.filter((each) => each !== grantOption).join(', ') || 'USAGE'
}

/** In a few words, and without values: ``SELECT ON `d`.*`` */
export function nameOf(difference: Difference): string {
  const { kind } = difference
  if (kind === 'account') return `the account ${difference.to}`
  if (kind === 'options') return `another ${difference.names.join(', ')}`
  if (kind === 'privileges') return `${difference.names.join(', ')} ON ${difference.on}`
  if (kind === 'default role') return `default role ${difference.name}`
  const [what, option] = kind === 'role' ? ['role', 'ADMIN OPTION'] : ['PROXY ON', grantOption]
  return `${difference.optionAlone ? `${option} of ` : ''}${what} ${difference.name}`
}

/** Whether it is about what somebody may do, and not about the account itself. */
export function isRight({ kind }: Difference): boolean {
  return kind !== 'account' && kind !== 'options'
}

/** Whether the clone can do less afterwards. */
export function takesAway(difference: Difference): boolean {
  return isRight(difference) && difference.clone === 'has'
}

/** What differs, for an error: names only, and not without end. */
export function describeDifferences(differences: readonly Difference[], clone: string): string {
  return listed(differences.map((each) => `${clone} ${each.clone} ${nameOf(each)}`))
}

/** A list for a log line or an error, not without end. */
export function listed(texts: readonly string[]): string {
  const rest = texts.length - 5
  return [...texts.slice(0, 5), ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ')
}
