import { BlockList, isIPv4 } from 'node:net'

const nearby = new BlockList()
nearby.addSubnet('127.0.0.0', 8)
nearby.addSubnet('10.0.0.0', 8)
nearby.addSubnet('172.16.0.0', 12)
nearby.addSubnet('192.168.0.0', 16)

/** The rule in words, for messages. */
export const addressRule = 'a loopback or private IPv4 address of this machine, such as 127.0.0.1 or 172.17.0.1'

/** Whether a server that asks for no password may listen at an address: 0.0.0.0 and public addresses are out. */
export function isNearby(address: string): boolean {
  return isIPv4(address) && nearby.check(address)
}
