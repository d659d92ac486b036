import {
  AuthorizeSecurityGroupEgressCommand,
  CreateNetworkAclCommand,
  CreateNetworkAclEntryCommand,
  DescribeNetworkAclsCommand,
  ReplaceNetworkAclAssociationCommand,
  RevokeSecurityGroupEgressCommand,
} from '@aws-sdk/client-ec2'
import type { Case } from '../case.ts'
import { type VpcWanted, vpc } from '../ground.ts'
import { policy, type SetUp, type World } from '../set-up.ts'

let networks = 10

/** A function in a VPC of its own. */
async function inVpc(
  { account, setUp }: World,
  wanted: Omit<VpcWanted, 'range'>,
): Promise<SetUp & { readonly vpc: string; readonly subnets: readonly string[]; readonly groups: readonly string[] }> {
  const made = await vpc(account.clients.ec2, { range: `10.${networks++}`, ...wanted })
  return { ...(await setUp({ deployed: { vpc: made } })), vpc: made.id, subnets: made.subnets, groups: made.groups }
}

/** Causes between the function and the services that it asks. */
export const networkCases: readonly Case[] = [
  {
    cause: 1,
    how: 'neither an endpoint nor NAT',
    certainty: 'sure',
    says: /no interface endpoint for secretsmanager.*create-vpc-endpoint/s,
    make: (world) => inVpc(world, {}),
  },
  {
    cause: 1,
    how: 'an internet gateway alone',
    certainty: 'sure',
    says: /an internet gateway is of no use/,
    make: (world) => inVpc(world, { route: 'igw' }),
  },
  {
    cause: 1,
    how: 'an endpoint without private DNS',
    certainty: 'sure',
    says: /has no private DNS.*modify-vpc-endpoint/s,
    make: (world) => inVpc(world, { endpoint: { privateDns: false } }),
  },
  {
    cause: 1,
    how: 'a VPC without DNS host names',
    certainty: 'sure',
    says: /DNS host names switched off.*--enable-dns-hostnames/s,
    make: (world) => inVpc(world, { dns: false, endpoint: {} }),
  },
  {
    cause: 2,
    how: 'an ACL that lets nothing through',
    certainty: 'sure',
    says: /The ACL acl-\w+ lets nothing of port 443 out of/,
    async make(world) {
      const made = await inVpc(world, { endpoint: { apart: true } })
      await newAcl(world, made, [])
      return made
    },
  },
  {
    cause: 2,
    how: 'an ACL that lets the answers not in',
    certainty: 'sure',
    says: /lets nothing of ports 1024-65535 into/,
    async make(world) {
      const made = await inVpc(world, { endpoint: { apart: true } })
      await newAcl(world, made, [{ Egress: true, From: 443, To: 443 }])
      return made
    },
  },
  {
    cause: 4,
    how: "an endpoint whose group does not know the function's",
    certainty: 'sure',
    says: /authorize-security-group-ingress/,
    make: (world) => inVpc(world, { endpoint: { closed: true } }),
  },
  {
    cause: 4,
    how: 'a function whose group lets nothing out',
    certainty: 'sure',
    says: /lets nothing out.*authorize-security-group-egress/s,
    async make(world) {
      const made = await inVpc(world, { endpoint: {} })
      const all = [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }]
      const GroupId = made.groups[0]
      await world.account.clients.ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: all }))
      const database = [{ IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }]
      await world.account.clients.ec2.send(
        new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions: database }),
      )
      return made
    },
  },
  {
    cause: 5,
    how: 'an endpoint whose policy allows reading alone',
    certainty: 'sure',
    says: /does not allow secretsmanager:PutSecretValue/,
    make: (world) => {
      const read = {
        Effect: 'Allow',
        Principal: '*',
        Action: ['secretsmanager:Get*', 'secretsmanager:Describe*'],
        Resource: '*',
      }
      return inVpc(world, { endpoint: { policy: policy([read]) } })
    },
  },
]

/** Puts an ACL with a few entries before the subnets of a function. */
async function newAcl(
  { account }: World,
  { vpc: VpcId, subnets }: { readonly vpc: string; readonly subnets: readonly string[] },
  entries: readonly { readonly Egress: boolean; readonly From: number; readonly To: number }[],
): Promise<void> {
  const { ec2 } = account.clients
  const { NetworkAcl } = await ec2.send(new CreateNetworkAclCommand({ VpcId }))
  const NetworkAclId = NetworkAcl?.NetworkAclId ?? ''
  for (const { Egress, From, To } of entries) {
    const rule = {
      RuleNumber: 100,
      Protocol: '6',
      RuleAction: 'allow',
      CidrBlock: '0.0.0.0/0',
      PortRange: { From, To },
    } as const
    await ec2.send(new CreateNetworkAclEntryCommand({ NetworkAclId, Egress, ...rule }))
  }
  const { NetworkAcls = [] } = await ec2.send(
    new DescribeNetworkAclsCommand({ Filters: [{ Name: 'association.subnet-id', Values: [...subnets] }] }),
  )
  for (const { NetworkAclAssociationId, SubnetId } of NetworkAcls.flatMap(({ Associations = [] }) => Associations)) {
    if (SubnetId === undefined || !subnets.includes(SubnetId)) continue
    const AssociationId = NetworkAclAssociationId ?? ''
    await ec2.send(new ReplaceNetworkAclAssociationCommand({ AssociationId, NetworkAclId }))
  }
}
