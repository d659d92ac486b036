import { type EvaluationResult, IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam'
import type { Settings } from '../../aws/connection.ts'
import type { Decision } from '../seen.ts'

/** The calls of a rotation on the secret itself. */
export const rotationCalls = ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'].map(
  (name) => `secretsmanager:${name}`,
)

/** Actions on a resource, with the condition keys that AWS would fill in. */
export interface Wanted {
  readonly actions: readonly string[]
  readonly resource: string
  readonly context: Readonly<Record<string, string>>
}

/** Asks IAM's own simulation which actions a role may do. Throws what the SDK throws. */
export async function decisionsOf(settings: Settings, roleArn: string, wanted: readonly Wanted[]): Promise<Decision[]> {
  const client = new IAMClient(settings)
  const all = await Promise.all(
    wanted.map(async ({ actions, resource, context }) => {
      const answer = await client.send(
        new SimulatePrincipalPolicyCommand({
          PolicySourceArn: roleArn,
          ActionNames: [...actions],
          ResourceArns: [resource],
          ContextEntries: Object.entries(context).map(([key, value]) => ({
            ContextKeyName: key,
            ContextKeyType: 'string',
            ContextKeyValues: [value],
          })),
        }),
      )
      return (answer.EvaluationResults ?? []).map((result) => decisionOf(result, resource))
    }),
  )
  return all.flat()
}

function decisionOf(result: EvaluationResult, resource: string): Decision {
  const { EvalActionName = '', EvalDecision = 'implicitDeny' } = result
  const refused = EvalDecision !== 'allowed'
  const organization = refused && result.OrganizationsDecisionDetail?.AllowedByOrganizations === false
  const boundary = refused && result.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary === false
  const decision = EvalDecision === 'explicitDeny' || EvalDecision === 'allowed' ? EvalDecision : 'implicitDeny'
  return {
    action: EvalActionName,
    resource,
    decision,
    by: organization ? 'organization' : boundary ? 'boundary' : undefined,
  }
}
