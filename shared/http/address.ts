import ipaddr from 'ipaddr.js'

/** What a host may resolve to besides public addresses. */
export interface AddressRule {
  /** Addresses of private networks: only for hosts that the operator has listed as private. */
  readonly private: boolean
  /** This machine. Never in Lambda: its runtime API, and on a laptop whatever listens there. For tests and the demo. */
  readonly loopback: boolean
}

/** By the names of ipaddr.js. Link-local is none of them: cloud metadata (169.254.169.254) is there. */
const privateRanges = ['private', 'uniqueLocal', 'carrierGradeNat']

/**
 * Decides about one address, in whichever spelling: 127.0.0.1, ::ffff:127.0.0.1 and ::ffff:7f00:1 are one.
 * @returns the name of the range it is refused for, undefined where it may be dialled
 */
export function refusedRange(address: string, rule: AddressRule): string | undefined {
  const range = rangeOf(address)
  if (range === 'unicast') return undefined
  if (rule.private && privateRanges.includes(range)) return undefined
  if (rule.loopback && range === 'loopback') return undefined
  return range
}

function rangeOf(address: string): string {
  let parsed: ReturnType<typeof ipaddr.process>
  try {
    parsed = ipaddr.process(address)
  } catch {
    return 'unreadable'
  }
  const range = parsed.range()
  // What ipaddr.js has no name for is unicast to it, so ::7f00:1, which some take for 127.0.0.1. Of IPv6 nothing but
  // 2000::/3 is handed out (IANA, "Internet Protocol Version 6 Address Space").
  if (range !== 'unicast' || parsed.kind() === 'ipv4') return range
  return ((parsed.toByteArray()[0] ?? 0) & 0xe0) === 0x20 ? range : 'unassigned'
}
