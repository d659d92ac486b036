import type { Duration } from 'aws-cdk-lib'
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Architecture, ILayerVersion } from 'aws-cdk-lib/aws-lambda'
import type { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { OptionsOf } from './made/options.ts'

/** The functions of Keyturn. */
export type FunctionName = keyof OptionsOf

/** The options of every function. An option that is left out has the default of template.yaml. */
export interface CommonProps {
  /** The VPC in which the function runs; it needs a route to the servers and to Secrets Manager. By default it is in no VPC. */
  readonly vpc?: IVpc | undefined
  /** Private subnets with a way out, or with an endpoint of Secrets Manager. By default CDK's choice for a function. */
  readonly vpcSubnets?: SubnetSelection | undefined
  /**
   * Groups of your own, for an endpoint that lets in one group for instance (aws-cdk#23086). By default a new group that lets
   * the function out to port 443 and to what `allowDatabase` names, and nowhere else.
   */
  readonly securityGroups?: readonly ISecurityGroup[] | undefined
  /** Customer managed keys of secrets. The key of a secret that is given to `rotate`, or in another option, need not be named. */
  readonly encryptionKeys?: readonly IKey[] | undefined
  /** The topic for alarms: errors, throttles, and steps that take too long. Without a topic there are no alarms. */
  readonly alarmTopic?: ITopic | undefined
  /** The function's name. By default CDK makes it of the construct's path. */
  readonly functionName?: string | undefined
  /** Memory, in megabytes. */
  readonly memorySize?: number | undefined
  /** How long one step of a rotation may take. Less than 30 seconds leave no room for a repeated call. */
  readonly timeout?: Duration | undefined
  readonly architecture?: Architecture | undefined
  /** Layers, for instance with files that other options name: these are below /opt. */
  readonly layers?: readonly ILayerVersion[] | undefined
  /** How long the log is kept. RetentionDays.INFINITE is possible, too, which the template does not have. */
  readonly logRetention?: RetentionDays | undefined
  /** URL of the Secrets Manager to use, for a VPC endpoint without private DNS. */
  readonly secretsManagerEndpoint?: string | undefined
  /** The path of the function's zip, where it is not the one of this package. */
  readonly zip?: string | undefined
}

/** The options of each function, by its name: an option of another function does not compile. */
export type RotationFunctionProps = {
  [Name in FunctionName]: CommonProps & OptionsOf[Name] & { readonly function: Name }
}[FunctionName]
