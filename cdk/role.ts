import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'
import type { Given } from './given.ts'
import { type Mapping, propertiesOf, type Value } from './made.ts'
import { type Known, resolved } from './resolve.ts'

/**
 * The role of a function, with the statements of the template. It has one policy: the statements for a network
 * are in it, too, and those for keys are added (keyUse).
 */
export function roleOf(scope: Construct, { props, functionName, values, logGroup }: Given) {
  const id = props.function
  const known: Known = {
    functionName,
    refs: values,
    attributes: { [`${id}Logs.Arn`]: logGroup.logGroupArn },
  }
  const { Policies } = propertiesOf(`${id}Role`)
  const own = (Policies as readonly Mapping[]).flatMap(({ PolicyDocument }) => statementsOf(PolicyDocument, known))
  const network = props.vpc === undefined ? [] : statementsOf(propertiesOf('NetworkUse').PolicyDocument, known)
  const policy = new PolicyDocument({ statements: [...own, ...network] })
  const role = new Role(scope, 'Role', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description: `Of Keyturn's function ${id}`,
    inlinePolicies: { rotate: policy },
  })
  return { role, policy }
}

/** The statements for secrets that a customer managed key encrypts: use of the key, through Secrets Manager alone. */
export function keyUse(key: IKey): PolicyStatement[] {
  const known = { functionName: '', refs: { KmsKeyArns: [key.keyArn] }, attributes: {} }
  return statementsOf(propertiesOf('KeyUse').PolicyDocument, known)
}

function statementsOf(document: Value | undefined, known: Known): PolicyStatement[] {
  const { Statement } = resolved(document ?? {}, known) as Mapping
  return (Statement as readonly Mapping[]).map((statement) => PolicyStatement.fromJson(statement))
}
