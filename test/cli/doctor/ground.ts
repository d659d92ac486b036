import { CreateTrailCommand, StartLoggingCommand } from '@aws-sdk/client-cloudtrail'
import {
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand,
  CreateNatGatewayCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  CreateVpcEndpointCommand,
  type EC2Client,
  ModifyVpcAttributeCommand,
} from '@aws-sdk/client-ec2'
import { PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns'
import type { AwsAccount } from './account.ts'

/** What all set-ups share: alarms that are heard, and two networks in which a function reaches Secrets Manager. */
export interface Ground {
  /** A VPC with an interface endpoint, without a way out. */
  readonly closed: Vpc
  /** A VPC with NAT and without an endpoint. */
  readonly open: Vpc
  readonly rule: string
  readonly trail: string
}

export interface Vpc {
  readonly id: string
  readonly subnets: readonly string[]
  readonly groups: readonly string[]
  readonly endpoint: string | undefined
}

export async function ground(clients: AwsAccount['clients']): Promise<Ground> {
  const [closed, open] = await Promise.all([
    vpc(clients.ec2, { range: '10.1', endpoint: {} }),
    vpc(clients.ec2, { range: '10.2', route: 'nat' }),
  ])
  const { rule, trail } = await alarms(clients)
  return { closed, open, rule, trail }
}

export interface VpcWanted {
  /** The first two numbers of its addresses. */
  readonly range: string
  readonly route?: 'nat' | 'igw'
  readonly dns?: boolean
  /** Of Secrets Manager. */
  readonly endpoint?: {
    readonly privateDns?: boolean
    readonly policy?: string
    /** Whether its group lets the function in. */
    readonly closed?: boolean
    /** Whether it is in a subnet of its own. */
    readonly apart?: boolean
    readonly service?: string
  }
}

/** Makes a VPC with two subnets for functions. */
export async function vpc(ec2: EC2Client, { range, route, dns = true, endpoint }: VpcWanted): Promise<Vpc> {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: `${range}.0.0/16` }))
  const VpcId = Vpc?.VpcId ?? ''
  await ec2.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: dns } }))
  const subnet = async (third: number) => {
    const made = await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: `${range}.${third}.0/24` }))
    return made.Subnet?.SubnetId ?? ''
  }
  const group = async (GroupName: string) => {
    const made = await ec2.send(new CreateSecurityGroupCommand({ VpcId, GroupName, Description: GroupName }))
    return made.GroupId ?? ''
  }
  const subnets = [await subnet(1), await subnet(2)]
  const own = await group('function')
  if (route !== undefined) await leadOut(ec2, VpcId, subnets, await subnet(9), route)
  if (endpoint === undefined) return { id: VpcId, subnets, groups: [own], endpoint: undefined }
  const GroupId = await group('endpoint')
  if (endpoint.closed !== true) {
    const from = [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, UserIdGroupPairs: [{ GroupId: own }] }]
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: from }))
  }
  const { VpcEndpoint } = await ec2.send(
    new CreateVpcEndpointCommand({
      VpcId,
      VpcEndpointType: 'Interface',
      ServiceName: `com.amazonaws.us-east-1.${endpoint.service ?? 'secretsmanager'}`,
      SubnetIds: endpoint.apart === true ? [await subnet(3)] : subnets,
      SecurityGroupIds: [GroupId],
      PrivateDnsEnabled: endpoint.privateDns ?? true,
      ...(endpoint.policy && { PolicyDocument: endpoint.policy }),
    }),
  )
  return { id: VpcId, subnets, groups: [own], endpoint: VpcEndpoint?.VpcEndpointId }
}

async function leadOut(ec2: EC2Client, VpcId: string, subnets: readonly string[], at: string, route: 'nat' | 'igw') {
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}))
  const GatewayId = InternetGateway?.InternetGatewayId ?? ''
  await ec2.send(new AttachInternetGatewayCommand({ VpcId, InternetGatewayId: GatewayId }))
  const nat =
    route === 'nat'
      ? await ec2.send(new CreateNatGatewayCommand({ SubnetId: at, ConnectivityType: 'private' }))
      : undefined
  const to = nat === undefined ? { GatewayId } : { NatGatewayId: nat.NatGateway?.NatGatewayId ?? '' }
  const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId }))
  const RouteTableId = RouteTable?.RouteTableId ?? ''
  await ec2.send(new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0', ...to }))
  for (const SubnetId of subnets) await ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }))
}

async function alarms({ trail, events, sns }: AwsAccount['clients']): Promise<Pick<Ground, 'rule' | 'trail'>> {
  const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'operators' }))
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: 'operators@example.com' }))
  const detail = { eventName: ['RotationFailed'] }
  const EventPattern = JSON.stringify({
    source: ['aws.secretsmanager'],
    'detail-type': ['AWS Service Event via CloudTrail'],
    detail,
  })
  await events.send(new PutRuleCommand({ Name: 'RotationFailed', EventPattern }))
  await events.send(new PutTargetsCommand({ Rule: 'RotationFailed', Targets: [{ Id: 'operator', Arn: TopicArn }] }))
  const made = await trail.send(new CreateTrailCommand({ Name: 'all', S3BucketName: 'trails' }))
  await trail.send(new StartLoggingCommand({ Name: 'all' }))
  return { rule: 'RotationFailed', trail: made.Name ?? 'all' }
}
