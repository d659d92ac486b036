import {
  GetRolePolicyCommand,
  type IAMClient,
  ListRolePoliciesCommand,
  SimulatePolicyResponse$,
  SimulatePrincipalPolicyRequest$,
} from '@aws-sdk/client-iam'
import { heldTo } from '../../support/api-model.ts'
import { allows, denies, statementsOf } from '../../template/policies.ts'

interface Asked {
  readonly PolicySourceArn: string
  readonly ActionNames: readonly string[]
  readonly ResourceArns?: readonly string[]
  readonly ContextEntries?: readonly {
    readonly ContextKeyName?: string
    readonly ContextKeyValues?: readonly string[]
  }[]
}

/**
 * SimulatePrincipalPolicy, which moto does not have: decides by the inline policies that the role has in moto. Policies of an
 * organization are a parameter.
 * @param form the body of the request, in the query protocol
 * @param organizationAllows whether a policy of the organization allows it all
 */
export async function simulatePolicy(iam: IAMClient, form: string, organizationAllows: boolean): Promise<string> {
  const asked = nested(new URLSearchParams(form)) as unknown as Asked
  heldTo(SimulatePrincipalPolicyRequest$, asked)
  const RoleName = asked.PolicySourceArn.replace(/^.*\//, '')
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }))
  const documents = await Promise.all(
    PolicyNames.map(async (PolicyName) => {
      const { PolicyDocument = '{}' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))
      return JSON.parse(decodeURIComponent(PolicyDocument))
    }),
  )
  const statements = documents.flatMap(statementsOf)
  const context = Object.fromEntries(
    (asked.ContextEntries ?? []).map((each) => [each.ContextKeyName ?? '', each.ContextKeyValues?.[0] ?? '']),
  )
  const results = asked.ActionNames.flatMap((action) =>
    (asked.ResourceArns ?? ['*']).map((resource) => {
      const request = { action, resource, context }
      const denied = denies(statements, request)
      const allowed = allows(statements, request) && organizationAllows
      const EvalDecision = allowed ? 'allowed' : denied ? 'explicitDeny' : 'implicitDeny'
      const organization = organizationAllows ? {} : { OrganizationsDecisionDetail: { AllowedByOrganizations: false } }
      return { EvalActionName: action, EvalResourceName: resource, EvalDecision, ...organization }
    }),
  )
  const answer = { EvaluationResults: results, IsTruncated: false }
  heldTo(SimulatePolicyResponse$, answer)
  const inner = `<SimulatePrincipalPolicyResult>${xml(answer)}</SimulatePrincipalPolicyResult>`
  return `<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">${inner}</SimulatePrincipalPolicyResponse>`
}

/** `A.member.1.B=c` as the query protocol has it: lists are `member`, numbered from 1. */
function nested(form: URLSearchParams): Readonly<Record<string, unknown>> {
  const root: Record<string, unknown> = {}
  for (const [name, value] of form) {
    if (name === 'Action' || name === 'Version') continue
    const parts = name.split('.').filter((part) => part !== 'member')
    let place = root
    for (const part of parts.slice(0, -1)) {
      const inner = (place[part] ?? {}) as Record<string, unknown>
      place[part] = inner
      place = inner
    }
    place[parts.at(-1) ?? ''] = value
  }
  return listed(root) as Readonly<Record<string, unknown>>
}

function listed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, each]) => [key, listed(each)] as const)
  return entries.every(([key]) => /^\d+$/.test(key)) ? entries.map(([, each]) => each) : Object.fromEntries(entries)
}

function xml(value: unknown): string {
  if (Array.isArray(value)) return value.map((each) => `<member>${xml(each)}</member>`).join('')
  if (typeof value !== 'object' || value === null) return String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return Object.entries(value)
    .map(([key, each]) => `<${key}>${xml(each)}</${key}>`)
    .join('')
}
