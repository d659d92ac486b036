import { grantOption, withGrantOption } from './grants.ts'

/** Something in which an account of the clone is not, or is no longer, what the base's is. */
export type Difference = { readonly to: string; readonly clone: 'lacks' | 'has' } & (
  | AccountDifference
  | OptionsDifference
  | PrivilegesDifference
  | RoleDifference
  | ProxyDifference
  | DefaultRoleDifference
)

/** That there is none. */
interface AccountDifference {
  readonly kind: 'account'
  /** What CREATE USER says behind the name. It may hold a password. */
  readonly identified: string
}

/** What an account is bound to. */
interface OptionsDifference {
  readonly kind: 'options'
  /** Without values: a certificate's names are nobody's business. */
  readonly names: readonly string[]
  /** What ALTER USER says behind the name. */
  readonly clause: string
}

interface PrivilegesDifference {
  readonly kind: 'privileges'
  /** `` `d`.* `` */
  readonly on: string
  readonly names: readonly string[]
  /** What is granted or revoked: these, or what ALL PRIVILEGES are cut down by. */
  readonly changed: readonly string[]
}

/** All names are as SQL writes them. */
interface RoleDifference extends HandedOn {
  readonly kind: 'role'
  readonly role: string
}

/** The right to act for another account. */
interface ProxyDifference extends HandedOn {
  readonly kind: 'proxy'
  readonly account: string
}

interface HandedOn {
  /** Whether the base may hand it on. */
  readonly option: boolean
  /** Whether both have it, and one of them alone may hand it on. */
  readonly optionAlone: boolean
}

interface DefaultRoleDifference {
  readonly kind: 'default role'
  readonly role: string
  /** What stands before the account: MariaDB's word or MySQL's. */
  readonly word: 'FOR' | 'TO'
}

/** What makes the two equal in it. */
export function statementOf(difference: Difference): string {
  const { to } = difference
  const lacks = difference.clone === 'lacks'
  switch (difference.kind) {
    case 'account':
      return `CREATE USER ${to} ${difference.identified}`
    case 'options':
      return `ALTER USER ${to} ${difference.clause}`
    case 'privileges': {
      const changed = changedIn(difference)
      if (!lacks) return `REVOKE ${changed.join(', ')} ON ${difference.on} FROM ${to}`
      const option = difference.names.some((each) => each.endsWith(grantOption)) ? withGrantOption : ''
      const list = changed.filter((each) => each !== grantOption).join(', ') || 'USAGE'
      return `GRANT ${list} ON ${difference.on} TO ${to}${option}`
    }
    case 'role': {
      const { role, option, optionAlone } = difference
      if (lacks) return `GRANT ${role} TO ${to}${option ? ' WITH ADMIN OPTION' : ''}`
      return `REVOKE ${optionAlone ? 'ADMIN OPTION FOR ' : ''}${role} FROM ${to}`
    }
    case 'proxy':
      // There is no statement for the option alone: what is taken away here comes back when the two are compared again.
      if (!lacks) return `REVOKE PROXY ON ${difference.account} FROM ${to}`
      return `GRANT PROXY ON ${difference.account} TO ${to}${difference.option ? withGrantOption : ''}`
    case 'default role':
      return `SET DEFAULT ROLE ${lacks ? difference.role : 'NONE'} ${difference.word} ${to}`
  }
}

/** The privileges that its statement names. */
export function changedIn({ changed }: PrivilegesDifference): string[] {
  return [...new Set(changed.map((each) => each.replace(withGrantOption, '')))]
}

/** In a few words, and without values: ``SELECT ON `d`.*`` */
export function nameOf(difference: Difference): string {
  switch (difference.kind) {
    case 'account':
      return `the account ${difference.to}`
    case 'options':
      return `another ${difference.names.join(', ')}`
    case 'privileges':
      return `${difference.names.join(', ')} ON ${difference.on}`
    case 'role':
      return `${difference.optionAlone ? 'ADMIN OPTION of ' : ''}role ${difference.role}`
    case 'proxy':
      return `${difference.optionAlone ? `${grantOption} of ` : ''}PROXY ON ${difference.account}`
    case 'default role':
      return `default role ${difference.role}`
  }
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
