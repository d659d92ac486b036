/**
 * The function as it is, on a machine whose DNS knows the names that RDS gives: all of them are this machine. This is a
 * stand-in for DNS and for nothing else. No other name is looked up, so that no
 * test can get out.
 */
import dns from 'node:dns'
import { handler as function_ } from '../../../../functions/postgres/alternating-users.ts'

const lookup = dns.lookup

function lookupHere(hostname: string, ...rest: unknown[]) {
  const here = /^localhost$|^127\.|\.rds\.amazonaws\.com$|\.evil\.example$/i.test(hostname)
    ? '127.0.0.1'
    : 'nowhere.invalid'
  return Reflect.apply(lookup, dns, [here, ...rest])
}

dns.lookup = lookupHere as typeof dns.lookup

export const handler = function_
