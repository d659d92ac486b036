import { BlockList, isIP } from 'node:net'

/** What a host may resolve to besides public addresses. */
export interface AddressRule {
  /** Addresses of private networks: only for hosts that the operator has listed as private. */
  readonly private: boolean
  /** This machine. Never in Lambda: its runtime API, and on a laptop whatever listens there. For tests and the demo. */
  readonly loopback: boolean
}

/**
 * What is not for everybody (IANA, "IPv4" and "IPv6 Special-Purpose Address Registry"). The first that holds gives the name.
 * Link-local is where cloud metadata is (169.254.169.254).
 */
const special = {
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
  'shared (carrier-grade NAT)': ['100.64.0.0/10'],
  loopback: ['127.0.0.0/8', '::1/128'],
  'link-local': ['169.254.0.0/16', 'fe80::/10'],
  multicast: ['224.0.0.0/4', 'ff00::/8'],
  reserved: [
    ...['0.0.0.0/8', '192.0.0.0/24', '192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24'],
    ...['192.175.48.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '240.0.0.0/4'],
    ...['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'],
  ],
} as const
type Range = keyof typeof special | 'unassigned' | 'unreadable'

const ranges = Object.entries(special).map(([name, subnets]) => [name as Range, listOf(subnets)] as const)
/** Of IPv6 nothing else is handed out: not ::127.0.0.1, nor NAT64's 64:ff9b::7f00:1, nor whatever is defined next. */
const handedOut = listOf(['0.0.0.0/0', '2000::/3'])
const privateRanges: readonly Range[] = ['private', 'shared (carrier-grade NAT)']

/**
 * Decides about one address, in whichever spelling: 127.0.0.1, ::ffff:127.0.0.1 and ::ffff:7f00:1 are one.
 * @returns the name of the range it is refused for, undefined where it may be dialled
 */
export function refusedRange(address: string, rule: AddressRule): string | undefined {
  const range = rangeOf(address)
  if (rule.private && range !== undefined && privateRanges.includes(range)) return undefined
  if (rule.loopback && range === 'loopback') return undefined
  return range
}

function rangeOf(address: string): Range | undefined {
  // A zone (fe80::1%eth0) says which network of this machine is meant: no address that others have.
  if (isIP(address) === 0 || address.includes('%')) return 'unreadable'
  const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
  const [found] = ranges.find(([, list]) => list.check(address, family)) ?? []
  return found ?? (handedOut.check(address, family) ? undefined : 'unassigned')
}

/** An IPv4 subnet in it holds addresses that IPv6 writes as ::ffff:0:0/96, too (Node's manual, "blockList.check"). */
function listOf(subnets: readonly string[]): BlockList {
  const list = new BlockList()
  for (const subnet of subnets) {
    const [address = '', prefix] = subnet.split('/')
    list.addSubnet(address, Number(prefix), address.includes(':') ? 'ipv6' : 'ipv4')
  }
  return list
}
