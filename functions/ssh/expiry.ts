import { marksIn, shortName } from '../../shared/ssh-protocol/marks.ts'
import { type KeyLine, lineOf } from './key-lines.ts'

/** How an expiry that we have written begins the options of a line (sshd(8): where there are several, the earliest counts). */
const ourExpiry = /^expiry-time="\d{14}Z",?/

/**
 * What `expiry-time` is given. Tried on 9.2 to 10.3; 8.4 does not know the Z, and with it refuses the key at once.
 * @param software as the server calls itself: `OpenSSH_9.2p1 Debian-2`
 * @param hours for which the key may still let in, 0 for not at all
 * @returns undefined where the line has to go at once
 */
export function expiryFor(software: string, hours: number, now: number): string | undefined {
  const [, major = 0, minor = 0] = /^OpenSSH_(\d+)\.(\d+)/.exec(software)?.map(Number) ?? []
  if (hours === 0 || major < 9 || (major === 9 && minor < 2)) return undefined
  const until = new Date(now + hours * 3_600_000).toISOString()
  return `${until.slice(0, 19).replaceAll(/[-:T]/g, '')}Z`
}

const markOf = ({ key }: KeyLine, owner: string) => `${owner}expires:of=${shortName(key)}`

export function isExpiring(line: KeyLine, owner: string): boolean {
  return marksIn([line.comment], owner).includes(markOf(line, owner))
}

/** @returns the text of a line that lets in until then, and says that it was us who limited it */
export function expiring(line: KeyLine, until: string, owner: string): string {
  const limit = `expiry-time="${until}"`
  const options = line.options === '' ? limit : `${limit},${line.options}`
  const comment = `${line.comment} ${markOf(line, owner)}`.replace(/^[ \t]+/, '')
  return lineOf({ ...line, options, comment })
}

/** A line as it was before it was limited: its key may have come back into use. */
export function lasting(line: KeyLine, owner: string): KeyLine {
  if (!isExpiring(line, owner)) return line
  const comment = line.comment.split(' ').filter((word) => word !== markOf(line, owner))
  return { ...line, options: line.options.replace(ourExpiry, ''), comment: comment.join(' ') }
}
