import type { Duration } from 'aws-cdk-lib'
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Architecture, ILayerVersion } from 'aws-cdk-lib/aws-lambda'
import type { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { OptionsOf } from './made/options.ts'

/** The functions of Keyturn. */
export type FunctionName = keyof OptionsOf

/** What every function can be told. What is left out is as template.yaml has it. */
export interface CommonProps {
  /** Where the function runs; it needs a route to what it rotates and to Secrets Manager. Without: in no VPC. */
  readonly vpc?: IVpc | undefined
  /** Private subnets with a way out, or with an endpoint of Secrets Manager. By default those that CDK takes for a function. */
  readonly vpcSubnets?: SubnetSelection | undefined
  /**
   * Of your own, for an endpoint that lets in one group for instance (aws-cdk#23086). By default one that lets the function out to
   * port 443 and to what `allowDatabase` names, and nowhere else.
   */
  readonly securityGroups?: readonly ISecurityGroup[] | undefined
  /** Customer managed keys of secrets; those that CDK knows the secret of, in `rotate` for instance, need not be named. */
  readonly encryptionKeys?: readonly IKey[] | undefined
  /** Who is told of errors, throttles and steps that take too long. Without a topic there are no alarms. */
  readonly alarmTopic?: ITopic | undefined
  /** By default a name that CDK makes of the construct's path. */
  readonly functionName?: string | undefined
  /** Megabytes. */
  readonly memorySize?: number | undefined
  /** How long one step of a rotation may take. Less than 30 seconds leave no room for a repeated call. */
  readonly timeout?: Duration | undefined
  readonly architecture?: Architecture | undefined
  /** Files that an option names are in a layer, below /opt. */
  readonly layers?: readonly ILayerVersion[] | undefined
  /** RetentionDays.INFINITE, too, which the template does not have. */
  readonly logRetention?: RetentionDays | undefined
  /** URL of the Secrets Manager to use, for a VPC endpoint without private DNS. */
  readonly secretsManagerEndpoint?: string | undefined
  /** The function's zip, where it is not the one of this package. */
  readonly zip?: string | undefined
}

/** What a function can be told, by its name: an option of another function does not compile. */
export type RotationFunctionProps = {
  [Name in FunctionName]: CommonProps & OptionsOf[Name] & { readonly function: Name }
}[FunctionName]
