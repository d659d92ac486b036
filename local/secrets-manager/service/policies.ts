import { serviceError } from './errors.ts'
import { flag, optional, text } from './input.ts'
import { type Operation, operation, secretId } from './operation.ts'
import { changed, findLiveSecret, identity } from './store.ts'

const policy = text({ min: 1, max: 20_480 })

/** Policies are kept and given back; nothing enforces them here. API reference, PutResourcePolicy and its siblings. */
export const policyOperations: Record<string, Operation> = {
  PutResourcePolicy: operation(
    { SecretId: secretId, ResourcePolicy: policy, BlockPublicPolicy: optional(flag) },
    (service, { SecretId, ResourcePolicy, BlockPublicPolicy }) => {
      const secret = findLiveSecret(service, SecretId)
      const statements = readPolicy(ResourcePolicy)
      if (BlockPublicPolicy === true && statements.some(isPublic)) {
        throw serviceError('PublicPolicyException', 'The resource policy grants broad access to the secret.')
      }
      secret.policy = ResourcePolicy
      changed(service, secret)
      return identity(secret)
    },
  ),

  GetResourcePolicy: operation({ SecretId: secretId }, (service, { SecretId }) => {
    const secret = findLiveSecret(service, SecretId)
    return { ...identity(secret), ResourcePolicy: secret.policy }
  }),

  DeleteResourcePolicy: operation({ SecretId: secretId }, (service, { SecretId }) => {
    const secret = findLiveSecret(service, SecretId)
    secret.policy = undefined
    changed(service, secret)
    return identity(secret)
  }),

  ValidateResourcePolicy: operation(
    { SecretId: optional(secretId), ResourcePolicy: policy },
    (service, { SecretId, ResourcePolicy }) => {
      if (SecretId !== undefined) findLiveSecret(service, SecretId)
      const statements = readPolicy(ResourcePolicy)
      const ErrorMessage = 'The resource policy grants broad access to the secret.'
      const ValidationErrors = statements.some(isPublic) ? [{ CheckName: 'PUBLIC_POLICY', ErrorMessage }] : []
      return { PolicyValidationPassed: ValidationErrors.length === 0, ValidationErrors }
    },
  ),
}

/** The statements of a policy document. @throws ServiceError MalformedPolicyDocumentException when it is none */
function readPolicy(document: string): readonly unknown[] {
  const { Statement, Version } = parsed(document)
  const isKnown = Version === '2012-10-17' || Version === '2008-10-17'
  if (isKnown && typeof Statement === 'object' && Statement !== null) return [Statement].flat()
  throw serviceError('MalformedPolicyDocumentException', 'This policy has invalid syntax.')
}

function parsed(document: string): { readonly Version?: unknown; readonly Statement?: unknown } {
  try {
    return JSON.parse(document) ?? {}
  } catch {
    return {}
  }
}

function isPublic(statement: unknown): boolean {
  if (typeof statement !== 'object' || statement === null) return false
  const { Effect, Principal, Condition } = statement as Record<string, unknown>
  const everyone = JSON.stringify(Principal) === '"*"' || JSON.stringify(Principal) === '{"AWS":"*"}'
  return Effect === 'Allow' && everyone && Condition === undefined
}
