/** An action that somebody wants to do, with its known condition keys in small letters. */
export interface Asked {
  readonly action: string
  readonly resource: string
  /** A role's ARN, or a service such as secretsmanager.amazonaws.com. */
  readonly principal: string
  readonly context: Readonly<Record<string, string>>
}

/**
 * The verdict of a resource's policy: `delegated` leaves the decision to the account's own policies, `depends` rests on a condition
 * that cannot be evaluated here, `silent` neither allows nor denies.
 */
export type Verdict = 'allowed' | 'denied' | 'delegated' | 'depends' | 'silent'

type Match = 'yes' | 'maybe' | 'no'

interface Statement {
  readonly Effect?: unknown
  readonly Principal?: unknown
  readonly NotPrincipal?: unknown
  readonly Action?: unknown
  readonly NotAction?: unknown
  readonly Resource?: unknown
  readonly NotResource?: unknown
  readonly Condition?: unknown
}

/** IAM guide, "Policy evaluation logic", for one policy: a Deny wins over every Allow. A text that is no policy is silent. */
export function verdict(policy: string, asked: Asked): Verdict {
  const statements = statementsOf(policy)
  const matches = (effect: string) =>
    statements.filter(({ Effect }) => Effect === effect).map((each) => [matchOf(each, asked), each] as const)
  const denials = matches('Deny').map(([match]) => match)
  if (denials.includes('yes')) return 'denied'
  const doubtful = denials.includes('maybe')
  const allows = matches('Allow').filter(([match]) => match !== 'no')
  const certain = allows.filter(([match]) => match === 'yes').map(([, each]) => each)
  if (certain.some((each) => !isAccountOnly(each, asked))) return doubtful ? 'depends' : 'allowed'
  if (certain.length > 0) return doubtful ? 'depends' : 'delegated'
  return allows.length > 0 || doubtful ? 'depends' : 'silent'
}

function statementsOf(policy: string): readonly Statement[] {
  try {
    const { Statement: given } = JSON.parse(policy) as { Statement?: unknown }
    return list(given).filter((each): each is Statement => typeof each === 'object' && each !== null)
  } catch {
    return []
  }
}

/** Whether a statement names nothing but the whole account, which lets the account's own policies decide. */
function isAccountOnly({ Principal }: Statement, { principal }: Asked): boolean {
  const named = namesOf(Principal)
  return !named.includes('*') && !named.some((name) => same(name, principal))
}

function matchOf(statement: Statement, asked: Asked): Match {
  const { Principal, NotPrincipal, Action, NotAction, Resource, NotResource, Condition } = statement
  const all: Match[] = [
    principalMatch(Principal, asked.principal),
    NotPrincipal === undefined
      ? 'yes'
      : namesOf(NotPrincipal).some((name) => isOf(name, asked.principal))
        ? 'no'
        : 'yes',
    textMatch(Action, NotAction, asked.action, 'i'),
    textMatch(Resource, NotResource, asked.resource),
    ...conditions(Condition, asked.context),
  ]
  if (all.includes('no')) return 'no'
  return all.includes('maybe') ? 'maybe' : 'yes'
}

function principalMatch(given: unknown, principal: string): Match {
  if (given === undefined) return 'yes'
  return namesOf(given).some((name) => name === '*' || isOf(name, principal)) ? 'yes' : 'no'
}

/** Whether a name in a policy means the principal, or its account. */
function isOf(name: string, principal: string): boolean {
  const account = /^arn:[\w-]+:iam::(\d{12}):/.exec(principal)?.[1]
  return same(name, principal) || (account !== undefined && (name === account || name.endsWith(`::${account}:root`)))
}

/** Whether a name means the principal itself: the role, or a session of it. */
function same(name: string, principal: string): boolean {
  const [, account, role] = /^arn:[\w-]+:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(principal) ?? []
  return name === principal || (role !== undefined && name.includes(`:sts::${account}:assumed-role/${role}/`))
}

function namesOf(given: unknown): string[] {
  if (typeof given === 'string') return [given]
  if (typeof given !== 'object' || given === null) return []
  const { AWS, Service } = given as { AWS?: unknown; Service?: unknown }
  return [...list(AWS), ...list(Service)].map(String)
}

function textMatch(given: unknown, not: unknown, value: string, flags = ''): Match {
  if (not !== undefined) return list(not).some((pattern) => like(String(pattern), value, flags)) ? 'no' : 'yes'
  if (given === undefined) return 'yes'
  return list(given).some((pattern) => like(String(pattern), value, flags)) ? 'yes' : 'no'
}

function conditions(given: unknown, context: Asked['context']): Match[] {
  return Object.entries((given ?? {}) as Record<string, Record<string, unknown>>).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, wanted]) => holds(operator, context[key.toLowerCase()], list(wanted).map(String))),
  )
}

function holds(operator: string, value: string | undefined, wanted: readonly string[]): Match {
  if (value === undefined) return 'maybe'
  const plain = operator.replace(/IfExists$/, '')
  const answer = (is: boolean): Match => (is ? 'yes' : 'no')
  if (/^(String|Arn)Equals$/.test(plain))
    return answer(wanted.some((each) => (plain === 'ArnEquals' ? like(each, value) : each === value)))
  if (/^(String|Arn)Like$/.test(plain)) return answer(wanted.some((each) => like(each, value)))
  if (plain === 'StringEqualsIgnoreCase')
    return answer(wanted.some((each) => each.toLowerCase() === value.toLowerCase()))
  if (plain === 'StringNotEquals') return answer(!wanted.includes(value))
  if (/^(StringNotLike|ArnNotLike|ArnNotEquals)$/.test(plain)) return answer(!wanted.some((each) => like(each, value)))
  return 'maybe'
}

function like(pattern: string, value: string, flags = ''): boolean {
  const source = pattern
    .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, `s${flags}`).test(value)
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}
