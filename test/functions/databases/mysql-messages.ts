import type { Conversation } from '../../contract/fault-proxy.ts'

/** Cuts a stream into packets: three bytes of length, a number, a body (MySQL internals manual, "MySQL Packets"). */
function packets(take: (body: Buffer, whole: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 4) {
      const length = 4 + rest.readUIntLE(0, 3)
      if (rest.length < length) return
      const whole = rest.subarray(0, length)
      rest = rest.subarray(length)
      take(whole.subarray(4), whole)
    }
  }
}

const [ok, error, endOfFile, quit] = [0x00, 0xff, 0xfe, 0x01]

/** A login and its statements at MySQL or MariaDB, without TLS. */
export function mysqlConversation(): Conversation {
  let state: 'greeting' | 'to log in' | 'logging in' | 'logged in' = 'greeting'
  let ends = 0
  return {
    client: (take) =>
      packets((body, whole) => {
        if (state === 'logged in') {
          ends = 0
          return take(whole, body[0] === quit ? 'aside' : 'statement')
        }
        // What follows is the exchange of the login that is under way.
        const begins = state === 'to log in'
        state = 'logging in'
        take(whole, begins ? 'login' : 'aside')
      }),
    server: (take) => {
      let inRows = false
      return packets((body, whole) => {
        const [type] = body
        if (state === 'greeting') {
          state = 'to log in'
          return take(whole, 'aside')
        }
        if (state !== 'logged in') {
          if (type === ok) state = 'logged in'
          return take(whole, type === ok || type === error ? 'end' : 'aside')
        }
        // Rows come between two ends: one after their columns, one after the last. A row may begin with any other byte.
        if (type === endOfFile && body.length < 9) ends++
        const last = type === error || (type === ok && !inRows) || ends === 2
        inRows = !last
        take(whole, last ? 'end' : 'part')
      })
    },
  }
}
