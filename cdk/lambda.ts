import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2'
import type { IRole } from 'aws-cdk-lib/aws-iam'
import {
  Architecture,
  CfnPermission,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  RuntimeFamily,
} from 'aws-cdk-lib/aws-lambda'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { functionZip } from '../release/package/zips.ts'
import type { Given } from './given.ts'
import { type Mapping, made, propertiesOf } from './made.ts'
import type { RotationFunctionProps } from './props.ts'
import { resolved } from './resolve.ts'

/** A function's log group. It goes with the function, as in the template. */
export function logGroupOf(scope: Construct, functionName: string, retention: RetentionDays | undefined): LogGroup {
  return new LogGroup(scope, 'Logs', {
    logGroupName: `/aws/lambda/${functionName}`,
    retention: retention ?? Number(made.parameters.LogRetentionDays?.Default),
    removalPolicy: RemovalPolicy.DESTROY,
  })
}

/** The function itself, from its zip: nothing is built, and no Docker is needed. */
export function lambdaFunction(scope: Construct, given: Given & { readonly role: IRole }): LambdaFunction {
  const { props, functionName, values, logGroup, role } = given
  const own = propertiesOf(props.function)
  const refs = { ...values, SecretsManagerEndpoint: props.secretsManagerEndpoint ?? '' }
  const environment = [made.globals, own].map(
    ({ Environment }) => ((Environment as Mapping)?.Variables ?? {}) as Mapping,
  )
  const variables = resolved(Object.assign({}, ...environment), { functionName, refs, attributes: {} }) as Mapping
  return new LambdaFunction(scope, 'Function', {
    functionName,
    description: String(own.Description),
    runtime: new Runtime(String(made.globals.Runtime), RuntimeFamily.NODEJS),
    architecture: props.architecture ?? architectureCalled(String(made.parameters.Architecture?.Default)),
    code: Code.fromAsset(props.zip ?? functionZip(props.function)),
    handler: String(own.Handler),
    memorySize:
      props.memorySize ?? made.functions[props.function].memory ?? Number(made.parameters.MemoryMegabytes?.Default),
    timeout: Duration.seconds(secondsOf(props)),
    environment: variables as Record<string, string>,
    role,
    logGroup,
    loggingFormat: LoggingFormat.TEXT,
    ...networkOf(scope, props),
    ...(props.layers === undefined ? {} : { layers: [...props.layers] }),
  })
}

/** How long a step may take. */
export function secondsOf({ function: name, timeout }: RotationFunctionProps): number {
  return timeout?.toSeconds() ?? made.functions[name].timeout ?? Number(made.parameters.TimeoutSeconds?.Default)
}

/**
 * Lets Secrets Manager of the same account alone invoke the function. CDK's own rotation lets that of every account
 * (aws-cdk#28406).
 */
export function permissionOf(scope: Construct, { functionName }: LambdaFunction): CfnPermission {
  return new CfnPermission(scope, 'Permission', {
    functionName,
    action: 'lambda:InvokeFunction',
    principal: 'secretsmanager.amazonaws.com',
    sourceAccount: Stack.of(scope).account,
  })
}

function networkOf(scope: Construct, { vpc, vpcSubnets, securityGroups }: RotationFunctionProps) {
  if (vpc === undefined) {
    if (vpcSubnets === undefined && securityGroups === undefined) return {}
    throw new Error('vpcSubnets and securityGroups are for a function in a VPC. Name the vpc, too, or leave both out.')
  }
  const groups = securityGroups ?? [groupIn(scope, vpc)]
  return { vpc, securityGroups: [...groups], ...(vpcSubnets === undefined ? {} : { vpcSubnets }) }
}

/** Lets the function out to Secrets Manager, by an endpoint or the Internet, and to nothing else. */
function groupIn(scope: Construct, vpc: NonNullable<RotationFunctionProps['vpc']>): SecurityGroup {
  const group = new SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    allowAllOutbound: false,
    description: 'A rotation function of Keyturn',
  })
  group.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'Secrets Manager and other services')
  return group
}

function architectureCalled(name: string): Architecture {
  return name === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64
}
