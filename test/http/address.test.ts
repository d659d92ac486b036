import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import { refusedRange } from '../../shared/http/address.ts'

const strict = { private: false, loopback: false }

/** Whether ipaddr.js, on which other guards are built, takes an address for public; of IPv6, assigned ones alone. */
function isPublic(address: string): boolean {
  const parsed = ipaddr.process(address)
  if (parsed.range() !== 'unicast') return false
  return parsed.kind() === 'ipv4' || ((parsed.toByteArray()[0] ?? 0) & 0xe0) === 0x20
}

/** The first and the last address of all subnets that ipaddr.js knows, and their neighbours. */
function edges(): string[] {
  return [ipaddr.IPv4, ipaddr.IPv6].flatMap(({ prototype }) => {
    const { SpecialRanges: known } = prototype as unknown as { readonly SpecialRanges: Readonly<Record<string, Known>> }
    const subnets = Object.values(known).flatMap((each) => (isSubnet(each) ? [each] : each))
    return subnets.flatMap(([address, prefix]) => {
      const bytes = address.toByteArray()
      const [first, bits] = [numberOf(bytes), BigInt(bytes.length * 8)]
      const last = first + (1n << (bits - BigInt(prefix))) - 1n
      return [first - 1n, first, last, last + 1n]
        .filter((value) => value >= 0n && value < 1n << bits)
        .map((value) => written(value, bytes.length))
    })
  })
}

type Subnet = readonly [address: ipaddr.IPv4 | ipaddr.IPv6, prefix: number]
type Known = Subnet | readonly Subnet[]

function isSubnet(known: Known): known is Subnet {
  return !Array.isArray(known[0])
}

function numberOf(bytes: readonly number[]): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
}

function written(value: bigint, length: number): string {
  const bytes = Array.from({ length }, (_, index) => Number((value >> BigInt(8 * (length - 1 - index))) & 0xffn))
  return ipaddr.fromByteArray(bytes).toString()
}

describe('addresses that may be dialled', () => {
  const all = [...edges(), '8.8.8.8', '2606:4700::1111', '2a00:1450::1', '1.1.1.1', '4000::1']

  it('are the public ones, at the edges of every special range', () => {
    expect(all.length).toBeGreaterThan(120)
    const wrong = all.filter((address) => (refusedRange(address, strict) === undefined) !== isPublic(address))
    expect(wrong).toEqual([])
  })

  it('are the same in each spelling of an IPv4 address', () => {
    for (const address of all.filter((each) => !each.includes(':'))) {
      const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number]
      const hex = `::ffff:${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
      for (const spelling of [`::ffff:${address}`, hex, hex.toUpperCase(), `0:0:0:0:0:${hex.slice(2)}`])
        expect([spelling, refusedRange(spelling, strict)]).toEqual([spelling, refusedRange(address, strict)])
    }
  })

  it('are no unassigned ones of IPv6: ::8.8.8.8 is not 8.8.8.8', () => {
    for (const address of ['::8.8.8.8', '::808:808', '64:ff9b::808:808', '::ffff:0:8.8.8.8'])
      expect([address, refusedRange(address, strict)]).toEqual([address, 'unassigned'])
  })

  it.each(['', 'x', '127.1', '0x7f.1', '2130706433', '127.0.0.1.', 'fe80::1%eth0', '::1%lo', '1.2.3.4/32', ':::'])(
    'are none where %j should be one',
    (text) => {
      expect(refusedRange(text, { private: true, loopback: true })).toBe('unreadable')
    },
  )
})
