import { parsedArn } from '../arn.ts'
import { type Cause, cause, reported } from '../cause.ts'
import { verdict } from '../policy.ts'
import { type Decision, known, type Seen } from '../seen.ts'
import { reportedAs } from './target.ts'

const service = 'secretsmanager.amazonaws.com'

/** Causes in the policies of the function, of its role, of the secret and of its key. */
export const rightsCauses: readonly Cause[] = [
  cause(20, 'Secrets Manager may not invoke the function', ({ secret, lambda }) => {
    const [about, it] = [known(lambda), known(secret)]
    if (about === undefined || it === undefined || !('is' in about.policy)) return undefined
    const account = parsedArn(it.arn)?.account ?? ''
    const context = { 'aws:sourceaccount': account, 'aws:sourcearn': it.arn }
    const asked = { action: 'lambda:InvokeFunction', resource: about.arn, principal: service, context }
    const policy = about.policy.is
    const said = policy === undefined ? 'silent' : verdict(policy, asked)
    if (said === 'allowed') return undefined
    const saw =
      policy === undefined
        ? `The function ${about.name} has no policy that lets anybody invoke it.`
        : `The policy of the function ${about.name} does not let ${service} of account ${account} invoke it for this secret.`
    const command = `aws lambda add-permission --function-name ${about.name} --statement-id SecretsManager --action lambda:InvokeFunction --principal ${service} --source-account ${account}`
    return { certainty: said === 'depends' ? 'likely' : 'sure', saw, remedy: 'Let it.', command }
  }),
  cause(21, "The function's role lacks rights on the secret", (seen) => {
    const refused = decisions(seen).filter(({ action }) => action.startsWith('secretsmanager:'))
    const arn = known(seen.secret)?.arn
    const lacking = refused.filter(({ resource }) => resource === arn).filter((each) => !grantedBySecret(seen, each))
    if (lacking.length === 0) {
      const own = ({ code, text }: { code: string; text: string }) =>
        code === 'AccessDenied' && arn !== undefined && text.includes(arn)
      return reportedAs(seen, own)
    }
    const by = lacking.find(({ by }) => by !== undefined)?.by
    const what =
      by === 'organization'
        ? 'a policy of the organization (SCP)'
        : by === 'boundary'
          ? 'its permissions boundary'
          : lacking.some(({ decision }) => decision === 'explicitDeny')
            ? 'a Deny'
            : 'no policy of its own'
    const saw = `The role ${roleOf(seen)} may not call ${lacking.map(({ action }) => action).join(', ')}: ${what} ${what.startsWith('no') ? 'allows' : 'forbids'} it.`
    const command =
      by === undefined
        ? putRolePolicy(
            seen,
            lacking.map(({ action }) => action),
            arn ?? '',
          )
        : undefined
    return { certainty: 'sure', saw, remedy: 'Allow it on this secret.', ...(command === undefined ? {} : { command }) }
  }),
  cause(34, "The secret's own policy forbids the function", (seen) => {
    const [policy, arn, role] = [known(seen.policy), known(seen.secret)?.arn, known(seen.lambda)?.roleArn]
    if (policy === undefined || arn === undefined || role === undefined) return undefined
    const denied = rotationActions.filter((action) => verdict(policy, asking(seen, action, role)) === 'denied')
    if (denied.length === 0) return undefined
    const saw = `The resource policy of the secret denies ${denied.join(', ')} to the role ${role}.`
    const command = `aws secretsmanager get-resource-policy --secret-id ${arn}`
    return { certainty: 'sure', saw, remedy: 'Except the role from that statement. This shows the policy:', command }
  }),
  cause(7, "The function may not use the secret's KMS key", (seen) => {
    const key = known(seen.key)
    if (key !== undefined && key.state !== 'Enabled' && key.state !== 'unknown')
      return {
        certainty: 'sure',
        saw: `The state of the key ${key.arn} is ${key.state}: nobody can read the secret.`,
        remedy: key.state === 'PendingDeletion' ? 'Cancel its deletion, then enable it.' : 'Enable it.',
        command:
          key.state === 'PendingDeletion'
            ? `aws kms cancel-key-deletion --key-id ${key.arn}`
            : `aws kms enable-key --key-id ${key.arn}`,
      }
    const found = reportedAs(seen, ({ code }) => code === 'KmsAccessDenied')
    if (found !== undefined) return found
    const lacking = decisions(seen).filter(({ action }) => action.startsWith('kms:'))
    const role = known(seen.lambda)?.roleArn ?? ''
    const policy = key && known(key.policy)
    const open = lacking.filter(({ action }) => {
      const context = {
        'kms:viaservice': `secretsmanager.${seen.region}.amazonaws.com`,
        'kms:encryptioncontext:secretarn': known(seen.secret)?.arn ?? '',
      }
      return (
        policy === undefined ||
        verdict(policy, { action, resource: key?.arn ?? '*', principal: role, context }) !== 'allowed'
      )
    })
    if (open.length === 0) return undefined
    const saw = `The role ${role} may not call ${open.map(({ action }) => action).join(', ')} with the key of the secret${policy === undefined ? ', unless the policy of the key allows it' : ''}.`
    const command = putRolePolicy(seen, ['kms:Decrypt', 'kms:GenerateDataKey'], key?.arn ?? '')
    return { certainty: policy === undefined ? 'likely' : 'sure', saw, remedy: 'Allow it on that key.', command }
  }),
  cause(22, 'The superuser secret cannot be read', (seen) => {
    const own = known(seen.secret)?.arn
    const master = known(seen.value)?.superuserArn
    const refused = decisions(seen).find(({ resource }) => resource !== own && resource === master)
    if (refused !== undefined) {
      const saw = `The role ${roleOf(seen)} may not read the superuser secret ${master}.`
      return {
        certainty: 'sure',
        saw,
        remedy: 'Put it into SuperuserSecretArns of the stack, or allow it:',
        command: putRolePolicy(seen, ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'], master ?? ''),
      }
    }
    const denied = reported(
      seen,
      ({ code, text }) =>
        /^(AccessDenied|SecretNotFound|KmsAccessDenied)$/.test(code) &&
        (own === undefined || !text.includes(own)) &&
        !/\b(rds|iam|sts|transfer):/.test(text),
    )
    if (denied === undefined) return undefined
    const saw = `${denied.where}: ${denied.code}, ${denied.text}`
    const remedy = denied.remedy || 'Put the superuser secret into SuperuserSecretArns of the stack.'
    return { certainty: denied.certainty, saw, remedy }
  }),
]

const rotationActions = ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'].map(
  (name) => `secretsmanager:${name}`,
)

const decisions = ({ role }: Seen) => (known(role) ?? []).filter(({ decision }) => decision !== 'allowed')
const roleOf = ({ lambda }: Seen) => known(lambda)?.roleArn ?? ''

/** A policy of the secret that names the role itself is enough, in the same account and without a Deny. */
function grantedBySecret(seen: Seen, { action, decision }: Decision): boolean {
  const policy = known(seen.policy)
  return (
    decision === 'implicitDeny' &&
    policy !== undefined &&
    verdict(policy, asking(seen, action, roleOf(seen))) === 'allowed'
  )
}

function asking(seen: Seen, action: string, principal: string) {
  const { arn = '', functionArn = '' } = known(seen.secret) ?? {}
  return {
    action,
    resource: arn,
    principal,
    context: { 'secretsmanager:resource/allowrotationlambdaarn': functionArn, 'secretsmanager:secretid': arn },
  }
}

function putRolePolicy(seen: Seen, actions: readonly string[], resource: string): string {
  const name = roleOf(seen).replace(/^.*\//, '')
  const document = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: actions, Resource: resource }],
  })
  return `aws iam put-role-policy --role-name ${name} --policy-name rotate-more --policy-document '${document}'`
}
