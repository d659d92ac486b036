import {
  DescribeNetworkAclsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcEndpointsCommand,
  EC2Client,
  type Subnet as Ec2Subnet,
  type IpPermission,
  type NetworkAcl,
  type RouteTable,
  type SecurityGroup,
  type VpcEndpoint,
} from '@aws-sdk/client-ec2'
import type { Settings } from '../../aws/connection.ts'
import type { Acl, Endpoint, Group, GroupRule, Network, Subnet } from '../network.ts'
import type { Lambda } from '../seen.ts'

/** The network of a function; undefined where it is in no VPC. Throws what the SDK throws. */
export async function networkOf(settings: Settings, lambda: Lambda): Promise<Network | undefined> {
  if (lambda.subnetIds.length === 0) return undefined
  const client = new EC2Client(settings)
  const { Subnets: own = [] } = await client.send(new DescribeSubnetsCommand({ SubnetIds: [...lambda.subnetIds] }))
  const vpcId = own[0]?.VpcId ?? ''
  const Filters = [{ Name: 'vpc-id', Values: [vpcId] }]
  const attribute = (Attribute: 'enableDnsSupport' | 'enableDnsHostnames') =>
    client.send(new DescribeVpcAttributeCommand({ VpcId: vpcId, Attribute }))
  const [tables, acls, endpoints, support, hostnames] = await Promise.all([
    client.send(new DescribeRouteTablesCommand({ Filters })),
    client.send(new DescribeNetworkAclsCommand({ Filters })),
    client.send(new DescribeVpcEndpointsCommand({ Filters })),
    attribute('enableDnsSupport'),
    attribute('enableDnsHostnames'),
  ])
  const interfaces = (endpoints.VpcEndpoints ?? []).filter(({ ServiceName = '' }) =>
    /\.(secretsmanager|rds)$/.test(ServiceName),
  )
  const foreign = interfaces.flatMap(({ SubnetIds = [] }) => SubnetIds).filter((id) => !lambda.subnetIds.includes(id))
  const theirs = foreign.length === 0 ? [] : await subnets(client, foreign)
  const ids = [
    ...lambda.groupIds,
    ...interfaces.flatMap(({ Groups = [] }) => Groups.map(({ GroupId = '' }) => GroupId)),
  ]
  const groups = ids.length === 0 ? [] : await groupsOf(client, ids)
  const around = { tables: tables.RouteTables ?? [], acls: acls.NetworkAcls ?? [] }
  const all = new Map([...own, ...theirs].map((each) => [each.SubnetId ?? '', subnetOf(each, around)]))
  const named = (wanted: readonly string[]) => wanted.flatMap((id) => all.get(id) ?? [])
  return {
    vpcId,
    dnsSupport: support.EnableDnsSupport?.Value !== false,
    dnsHostnames: hostnames.EnableDnsHostnames?.Value !== false,
    subnets: named(lambda.subnetIds),
    groups: lambda.groupIds,
    endpoints: interfaces.map((each) => endpointOf(each, named(each.SubnetIds ?? []))),
    allGroups: new Map(groups.map((group) => [group.id, group])),
  }
}

async function subnets(client: EC2Client, ids: readonly string[]): Promise<readonly Ec2Subnet[]> {
  return (await client.send(new DescribeSubnetsCommand({ SubnetIds: [...new Set(ids)] }))).Subnets ?? []
}

async function groupsOf(client: EC2Client, ids: readonly string[]): Promise<readonly Group[]> {
  const { SecurityGroups = [] } = await client.send(new DescribeSecurityGroupsCommand({ GroupIds: [...new Set(ids)] }))
  return SecurityGroups.map(({ GroupId = '', IpPermissions, IpPermissionsEgress }: SecurityGroup) => ({
    id: GroupId,
    ingress: (IpPermissions ?? []).map(ruleOf),
    egress: (IpPermissionsEgress ?? []).map(ruleOf),
  }))
}

function ruleOf({ IpProtocol = '-1', FromPort = 0, ToPort = 65_535, ...given }: IpPermission): GroupRule {
  return {
    protocol: IpProtocol,
    from: FromPort,
    to: ToPort,
    ranges: (given.IpRanges ?? []).map(({ CidrIp = '' }) => CidrIp),
    groups: (given.UserIdGroupPairs ?? []).map(({ GroupId = '' }) => GroupId),
    lists: (given.PrefixListIds ?? []).map(({ PrefixListId = '' }) => PrefixListId),
  }
}

interface Around {
  readonly tables: readonly RouteTable[]
  readonly acls: readonly NetworkAcl[]
}

/** A subnet without a table or an ACL of its own has the VPC's. */
function subnetOf({ SubnetId = '', CidrBlock = '' }: Ec2Subnet, { tables, acls }: Around): Subnet {
  const table =
    tables.find(({ Associations = [] }) => Associations.some((each) => each.SubnetId === SubnetId)) ??
    tables.find(({ Associations = [] }) => Associations.some((each) => each.Main === true))
  const out = table?.Routes?.find(({ DestinationCidrBlock }) => DestinationCidrBlock === '0.0.0.0/0')
  const acl =
    acls.find(({ Associations = [] }) => Associations.some((each) => each.SubnetId === SubnetId)) ??
    acls.find(({ IsDefault }) => IsDefault === true)
  return {
    id: SubnetId,
    range: CidrBlock,
    defaultRoute:
      out?.NatGatewayId ??
      out?.TransitGatewayId ??
      out?.NetworkInterfaceId ??
      out?.InstanceId ??
      out?.VpcPeeringConnectionId ??
      out?.GatewayId ??
      undefined,
    blackhole: out?.State === 'blackhole',
    acl: acl === undefined ? undefined : aclOf(acl),
  }
}

function aclOf({ NetworkAclId = '', Entries = [] }: NetworkAcl): Acl {
  return {
    id: NetworkAclId,
    entries: Entries.filter(({ CidrBlock }) => CidrBlock !== undefined).map((entry) => ({
      number: entry.RuleNumber ?? 0,
      egress: entry.Egress === true,
      allow: entry.RuleAction === 'allow',
      protocol: entry.Protocol ?? '-1',
      from: entry.PortRange?.From ?? 0,
      to: entry.PortRange?.To ?? 65_535,
      range: entry.CidrBlock ?? '',
    })),
  }
}

function endpointOf(endpoint: VpcEndpoint, theirs: readonly Subnet[]): Endpoint {
  return {
    id: endpoint.VpcEndpointId ?? '',
    service: endpoint.ServiceName?.split('.').at(-1) ?? '',
    state: String(endpoint.State ?? '').toLowerCase(),
    privateDns: endpoint.PrivateDnsEnabled === true,
    policy: endpoint.PolicyDocument,
    groups: (endpoint.Groups ?? []).map(({ GroupId = '' }) => GroupId),
    subnets: theirs,
  }
}
