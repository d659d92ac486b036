/** A rule of a security group. */
export interface GroupRule {
  /** -1 for all of them. */
  readonly protocol: string
  readonly from: number
  readonly to: number
  readonly ranges: readonly string[]
  readonly groups: readonly string[]
  /** Prefix lists; their entries are not looked up. */
  readonly lists: readonly string[]
}

export interface Group {
  readonly id: string
  readonly ingress: readonly GroupRule[]
  readonly egress: readonly GroupRule[]
}

/** An entry of a network ACL, in the order in which they are tried. */
export interface AclEntry {
  readonly number: number
  readonly egress: boolean
  readonly allow: boolean
  readonly protocol: string
  readonly from: number
  readonly to: number
  readonly range: string
}

export interface Acl {
  readonly id: string
  readonly entries: readonly AclEntry[]
}

export interface Subnet {
  readonly id: string
  readonly range: string
  /** The target of the route for 0.0.0.0/0; undefined where there is no such route. */
  readonly defaultRoute: string | undefined
  /** Whether that route leads to nothing, because its target was deleted. */
  readonly blackhole: boolean
  readonly acl: Acl | undefined
}

export interface Endpoint {
  readonly id: string
  /** The last part of its name: secretsmanager, rds. */
  readonly service: string
  readonly state: string
  readonly privateDns: boolean
  readonly policy: string | undefined
  readonly groups: readonly string[]
  readonly subnets: readonly Subnet[]
}

/** The network of a function in a VPC. */
export interface Network {
  readonly vpcId: string
  readonly dnsSupport: boolean
  readonly dnsHostnames: boolean
  readonly subnets: readonly Subnet[]
  /** The function's own security groups. */
  readonly groups: readonly string[]
  readonly endpoints: readonly Endpoint[]
  readonly allGroups: ReadonlyMap<string, Group>
}

const https = 443
/** Samples of AWS's range of the ports that answers come to, and of Linux's range within it. */
const ephemeral = [1024, 32_768, 45_000, 60_999, 65_535]

/** How many of several ports pass. */
export type Passes = 'all' | 'some' | 'none'

/** Whether a function gets out of the subnet. An internet gateway is of no use to a function, which has no public address. */
export function leadsOut({ defaultRoute, blackhole }: Subnet): boolean {
  return defaultRoute !== undefined && !blackhole && !/^(igw|local)/.test(defaultRoute)
}

/** The first entry that fits decides; without one, nothing passes. EC2 guide, "Network ACLs". */
function aclAllows({ entries }: Acl, egress: boolean, port: number, range: string): boolean {
  const fitting = entries
    .filter((entry) => entry.egress === egress && (entry.protocol === '-1' || entry.protocol === '6'))
    .filter((entry) => entry.protocol === '-1' || (entry.from <= port && port <= entry.to))
    .filter((entry) => covers(entry.range, range))
    .sort((a, b) => a.number - b.number)
  return fitting[0]?.allow ?? false
}

function passes(acl: Acl, egress: boolean, ports: readonly number[], range: string): Passes {
  const open = ports.filter((port) => aclAllows(acl, egress, port, range)).length
  if (open === ports.length) return 'all'
  return open === 0 ? 'none' : 'some'
}

/** A direction in which an ACL stops packets between a function and Secrets Manager. */
export interface Blocked {
  readonly acl: string
  readonly subnet: string
  readonly egress: boolean
  readonly what: 'port 443' | 'ports 1024-65535'
  readonly passes: Passes
}

/**
 * Finds the directions that ACLs stop on the way to a service.
 * @param peers the subnets of its endpoint; empty where the way leads out of the VPC
 */
export function blockedByAcls(subnets: readonly Subnet[], peers: readonly Subnet[]): Blocked[] {
  const look = (subnet: Subnet, other: string, egress: boolean, what: Blocked['what']): Blocked[] => {
    if (subnet.acl === undefined || subnet.range === other) return []
    const found = passes(subnet.acl, egress, what === 'port 443' ? [https] : ephemeral, other)
    return found === 'all' ? [] : [{ acl: subnet.acl.id, subnet: subnet.id, egress, what, passes: found }]
  }
  const there = peers.length === 0 ? ['0.0.0.0/0'] : [...new Set(peers.map(({ range }) => range))]
  const out = subnets.flatMap((subnet) =>
    there.flatMap((range) => [
      ...look(subnet, range, true, 'port 443'),
      ...look(subnet, range, false, 'ports 1024-65535'),
    ]),
  )
  const back = peers.flatMap((peer) =>
    subnets.flatMap(({ range }) => [
      ...look(peer, range, false, 'port 443'),
      ...look(peer, range, true, 'ports 1024-65535'),
    ]),
  )
  const all = [...out, ...back]
  const same = (a: Blocked, b: Blocked) => a.acl === b.acl && a.egress === b.egress && a.what === b.what
  return all.filter((one, index) => all.findIndex((other) => same(one, other)) === index)
}

/** Whether one of the rules lets TCP through to a port, from or to some ranges and groups. */
export function groupsAllow(
  rules: readonly GroupRule[],
  port: number,
  ranges: readonly string[],
  groups: readonly string[],
): boolean {
  const fitting = rules.filter(
    ({ protocol, from, to }) => protocol === '-1' || (/^(tcp|6)$/.test(protocol) && from <= port && port <= to),
  )
  const listed = fitting.some(({ lists }) => lists.length > 0)
  const byGroup = fitting.some((rule) => rule.groups.some((group) => groups.includes(group)))
  const byRange =
    ranges.length > 0 &&
    ranges.every((range) => fitting.some((rule) => rule.ranges.some((each) => covers(each, range))))
  return listed || byGroup || byRange
}

/** Whether every address of `inner` is in `outer`; IPv4 alone. */
export function covers(outer: string, inner: string): boolean {
  const [a, b] = [parsed(outer), parsed(inner)]
  if (a === undefined || b === undefined || a.bits > b.bits) return false
  const shift = 32 - a.bits
  return a.bits === 0 || a.address >>> shift === b.address >>> shift
}

function parsed(range: string): { readonly address: number; readonly bits: number } | undefined {
  const [address = '', bits = '32'] = range.split('/')
  const parts = address.split('.').map(Number)
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return undefined
  return { address: parts.reduce((sum, part) => sum * 256 + part, 0) >>> 0, bits: Number(bits) }
}
