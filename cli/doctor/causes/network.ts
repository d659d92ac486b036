import { type Cause, cause, type Finding, isInTrouble } from '../cause.ts'
import { blockedByAcls, type Endpoint, groupsAllow, leadsOut, type Network, type Subnet } from '../network.ts'
import { verdict } from '../policy.ts'
import { known, type Seen } from '../seen.ts'
import { reportedAs } from './target.ts'

const https = 443

/** How a function in a VPC reaches a service: through an interface endpoint, or out of the VPC. */
interface Way {
  readonly network: Network
  readonly endpoint: Endpoint | undefined
  /** Subnets of the function without a way out of the VPC. */
  readonly shut: readonly Subnet[]
}

function wayTo(service: string, seen: Seen): Way | undefined {
  const network = known(seen.network)
  if (network === undefined) return undefined
  const all = network.endpoints.filter((each) => each.service === service && each.state === 'available')
  return {
    network,
    endpoint: all.find((each) => isFound(each, seen, network)),
    shut: network.subnets.filter((each) => !leadsOut(each)),
  }
}

/** Whether the service's usual name leads to the endpoint, or a variable tells the function the endpoint's own name. */
function isFound({ id, privateDns }: Endpoint, { lambda }: Seen, { dnsSupport, dnsHostnames }: Network): boolean {
  return (privateDns && dnsSupport && dnsHostnames) || known(lambda)?.endpoint?.includes(id) === true
}

function noWay(service: string, seen: Seen): Finding | undefined {
  const way = wayTo(service, seen)
  if (way === undefined || way.endpoint !== undefined || way.shut.length === 0) return undefined
  const { network, shut } = way
  const deaf = network.endpoints.find((each) => each.service === service)
  const why =
    deaf === undefined ? `The VPC ${network.vpcId} has no interface endpoint for ${service}` : notFound(deaf, network)
  const gateway = shut.some(({ defaultRoute }) => defaultRoute?.startsWith('igw') === true)
  const out = gateway ? ' (an internet gateway is of no use to a function: it has no public address)' : ''
  const saw = `${why}, and no NAT is reached from ${shut.map(({ id }) => id).join(', ')}${out}.`
  const command =
    deaf === undefined
      ? `aws ec2 create-vpc-endpoint --vpc-id ${network.vpcId} --vpc-endpoint-type Interface --service-name com.amazonaws.${seen.region}.${service} --subnet-ids ${network.subnets.map(({ id }) => id).join(' ')} --private-dns-enabled --security-group-ids GROUP`
      : deaf.privateDns
        ? `aws ec2 modify-vpc-attribute --vpc-id ${network.vpcId} ${network.dnsSupport ? '--enable-dns-hostnames' : '--enable-dns-support'}`
        : `aws ec2 modify-vpc-endpoint --vpc-endpoint-id ${deaf.id} --private-dns-enabled`
  const certainty = shut.length === network.subnets.length ? 'sure' : 'likely'
  return {
    certainty,
    saw,
    remedy: 'Give the VPC an endpoint that the usual name leads to, or its subnets NAT.',
    command,
  }
}

function notFound({ id, state, privateDns }: Endpoint, { dnsSupport }: Network): string {
  if (state !== 'available') return `The endpoint ${id} is ${state}`
  if (!privateDns) return `The endpoint ${id} has no private DNS, so the usual name does not lead to it`
  return `The VPC has ${dnsSupport ? 'DNS host names' : 'DNS'} switched off, so no name leads to the endpoint ${id}`
}

/** Causes in the network between the function and the services that it asks. */
export const networkCauses: readonly Cause[] = [
  cause(1, 'The function cannot reach Secrets Manager', (seen) => {
    const told = ({ code }: { code: string }) => code === 'SecretsManagerUnreachable' || code === 'EndpointUntrusted'
    return noWay('secretsmanager', seen) ?? reportedAs(seen, told)
  }),
  cause(2, 'A network ACL stops the way to Secrets Manager', (seen) => {
    const way = wayTo('secretsmanager', seen)
    if (way === undefined || (way.endpoint === undefined && way.shut.length > 0)) return undefined
    const [blocked] = blockedByAcls(way.network.subnets, way.endpoint?.subnets ?? [])
    if (blocked === undefined) return undefined
    const { acl, subnet, egress, what, passes } = blocked
    const direction = egress ? 'out of' : 'into'
    const ports = what === 'port 443' ? 'From=443,To=443' : 'From=1024,To=65535'
    return {
      certainty: passes === 'none' ? 'sure' : 'likely',
      saw: `The ACL ${acl} lets ${passes === 'none' ? 'nothing' : 'not everything'} of ${what} ${direction} the subnet ${subnet}.`,
      remedy: 'Let it through: 443 to the endpoint, and 1024-65535 back.',
      command: `aws ec2 create-network-acl-entry --network-acl-id ${acl} ${egress ? '--egress' : '--ingress'} --rule-number 1 --protocol tcp --port-range ${ports} --cidr-block 0.0.0.0/0 --rule-action allow`,
    }
  }),
  cause(4, 'A security group stops the way to Secrets Manager', (seen) => {
    const way = wayTo('secretsmanager', seen)
    if (way === undefined) return undefined
    const { network, endpoint } = way
    const rules = (ids: readonly string[], which: 'ingress' | 'egress') =>
      ids.flatMap((id) => network.allGroups.get(id)?.[which] ?? [])
    const there = endpoint === undefined ? ['0.0.0.0/0'] : endpoint.subnets.map(({ range }) => range)
    if (
      network.groups.length > 0 &&
      !groupsAllow(rules(network.groups, 'egress'), https, there, endpoint?.groups ?? [])
    )
      return {
        certainty: 'sure',
        saw: `The function's security group ${network.groups.join(', ')} lets nothing out to port 443.`,
        remedy: 'Let it out.',
        command: `aws ec2 authorize-security-group-egress --group-id ${network.groups[0]} --protocol tcp --port 443 --cidr 0.0.0.0/0`,
      }
    if (endpoint === undefined || endpoint.groups.length === 0) return undefined
    const from = network.subnets.map(({ range }) => range)
    if (groupsAllow(rules(endpoint.groups, 'ingress'), https, from, network.groups)) return undefined
    return {
      certainty: 'sure',
      saw: `The security group ${endpoint.groups.join(', ')} of the endpoint ${endpoint.id} does not let the function in on port 443.`,
      remedy: "Let the function's group in.",
      command: `aws ec2 authorize-security-group-ingress --group-id ${endpoint.groups[0]} --protocol tcp --port 443 --source-group ${network.groups[0]}`,
    }
  }),
  cause(5, "The endpoint's policy forbids the calls", (seen) => {
    const endpoint = wayTo('secretsmanager', seen)?.endpoint
    const { arn = '', functionArn = '' } = known(seen.secret) ?? {}
    const principal = known(seen.lambda)?.roleArn ?? ''
    const policy = endpoint?.policy
    if (endpoint === undefined || policy === undefined) return undefined
    const context = { 'secretsmanager:resource/allowrotationlambdaarn': functionArn, 'aws:principalarn': principal }
    const bad = ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage']
      .map((name) => ({
        name,
        said: verdict(policy, { action: `secretsmanager:${name}`, resource: arn, principal, context }),
      }))
      .filter(({ said }) => said !== 'allowed' && said !== 'delegated')
    const [worst] = bad.toSorted((a, b) => Number(a.said === 'depends') - Number(b.said === 'depends'))
    if (worst === undefined || (worst.said === 'depends' && !isInTrouble(seen))) return undefined
    return {
      certainty: worst.said === 'depends' ? 'likely' : 'sure',
      saw: `The policy of the endpoint ${endpoint.id} ${worst.said === 'depends' ? 'may forbid' : 'does not allow'} secretsmanager:${worst.name} by ${principal}.`,
      remedy: 'Allow the four calls of a rotation there. This allows everything, as the default does:',
      command: `aws ec2 modify-vpc-endpoint --vpc-endpoint-id ${endpoint.id} --reset-policy`,
    }
  }),
  cause(6, 'The RDS API cannot be asked whose the superuser secret is', (seen) => {
    const code = reportedAs(
      seen,
      ({ code: found, text }) => /^Rds/.test(found) || (found === 'AccessDenied' && /\brds:/.test(text)),
    )
    const asksRds = known(seen.value)?.superuserOwner === 'rds'
    if (code !== undefined || !asksRds) return code
    const refused = known(seen.role)?.find(
      ({ action, decision }) => action.startsWith('rds:') && decision !== 'allowed',
    )
    if (refused === undefined) return noWay('rds', seen)
    const saw = `RDS manages the superuser secret, and the role may not call ${refused.action}.`
    return {
      certainty: 'sure',
      saw,
      remedy: 'Allow rds:DescribeDBInstances and rds:DescribeDBClusters, or use a superuser secret with host and port.',
    }
  }),
]
