import type { Mapping, Value } from '../../template/parsed.ts'
import type { Stack } from './stack.ts'

/** An action of a principal on a resource, and the condition keys that IAM would fill in. */
export interface Request {
  readonly action: string
  readonly resource: string
  /** An ARN, where the policy is one of a resource. */
  readonly principal?: string
  readonly context?: Readonly<Record<string, string>>
}

type Statement = Readonly<Mapping>

/** The statements of a role's own policies and of the stack's managed policies that it has. */
export function statementsOfRole({ resources, name }: Stack, id: string): Statement[] {
  const role = resources[id]?.Properties ?? {}
  const inline = list(role.Policies).map((policy) => (policy as Mapping).PolicyDocument)
  const attached = list(role.ManagedPolicyArns).map((arn) => {
    const managed =
      resources[
        String(arn)
          .replace(/^.*:policy\//, '')
          .slice(name.length + 1)
      ]
    if (managed === undefined) throw new Error(`${arn} is no policy of this stack.`)
    return managed.Properties.PolicyDocument
  })
  return [...inline, ...attached].flatMap(statementsOf)
}

export function statementsOf(document: Value | undefined): Statement[] {
  return list((document as Mapping | undefined)?.Statement) as Statement[]
}

/** IAM's decision: some statement allows the request and none denies it. */
export function allows(statements: readonly Statement[], request: Request): boolean {
  const matching = statements.filter((statement) => matches(statement, request))
  return matching.some(({ Effect }) => Effect === 'Allow') && matching.every(({ Effect }) => Effect !== 'Deny')
}

/** Whether a Deny forbids it, which no other policy can allow. */
export function denies(statements: readonly Statement[], request: Request): boolean {
  return statements.some((statement) => statement.Effect === 'Deny' && matches(statement, request))
}

function matches(statement: Statement, { action, resource, principal = '', context = {} }: Request): boolean {
  const known = ['Sid', 'Effect', 'Action', 'Resource', 'Principal', 'Condition']
  const strange = Object.keys(statement).filter((key) => !known.includes(key))
  if (strange.length > 0) throw new Error(`${strange} in a statement is not known here.`)
  return (
    list(statement.Action).some((pattern) => like(String(pattern), action, 'i')) &&
    list(statement.Resource).some((pattern) => like(String(pattern), resource)) &&
    isPrincipal(statement.Principal, principal) &&
    Object.entries((statement.Condition ?? {}) as Mapping).every(([operator, keys]) =>
      Object.entries(keys as Mapping).every(([key, wanted]) => holds(operator, context[key], list(wanted))),
    )
  )
}

function isPrincipal(of: Value | undefined, principal: string): boolean {
  if (of === undefined || of === '*') return true
  const named = list((of as Mapping).AWS).map(String)
  // The account's root stands for everybody whom IAM allows it.
  return named.some((arn) => arn === principal || (arn.endsWith(':root') && principal.startsWith(arn.slice(0, -4))))
}

function holds(operator: string, value: string | undefined, wanted: readonly Value[]): boolean {
  const any = (test: (pattern: string) => boolean) => wanted.some((pattern) => test(String(pattern)))
  if (operator === 'ArnNotEquals') return value === undefined || !any((pattern) => like(pattern, value))
  if (value === undefined) return false
  if (operator === 'StringEquals') return any((pattern) => pattern === value)
  if (operator === 'StringLike' || operator === 'ArnLike') return any((pattern) => like(pattern, value))
  throw new Error(`The operator ${operator} is not known here.`)
}

function like(pattern: string, value: string, flags = ''): boolean {
  const source = RegExp.escape(pattern).replaceAll('\\*', '.*').replaceAll('\\?', '.')
  return new RegExp(`^${source}$`, flags).test(value)
}

export function list(value: Value | undefined): readonly Value[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}
