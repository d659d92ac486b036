import type { Conversation } from '../../contract/fault-proxy.ts'

/** A message of PostgreSQL's protocol (manual, "Message Formats"): a letter, a length, a body. */
interface PostgresMessage {
  /** The letter; the first message of a client has none and is called 'startup'. */
  readonly type: string
  /** As it was sent, with letter and length. */
  readonly bytes: Buffer
}

/** Cuts a stream into messages. @param startup whether the stream begins with a startup message */
function postgresMessages(startup: boolean, take: (message: PostgresMessage) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0)
  let first = startup
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      const head = first ? 0 : 1
      if (rest.length < head + 4) return
      const length = head + rest.readInt32BE(head)
      if (rest.length < length) return
      const type = first ? 'startup' : String.fromCharCode(rest[0] ?? 0)
      first = false
      const bytes = rest.subarray(0, length)
      rest = rest.subarray(length)
      take({ type, bytes })
    }
  }
}

/** A login and its statements at PostgreSQL, without TLS. The client waits for ReadyForQuery, as `pg` does. */
export function postgresConversation(): Conversation {
  let loggedIn = false
  return {
    client: (take) =>
      postgresMessages(true, ({ type, bytes }) => {
        // The exchange of a login (p) belongs to the login that is under way; a goodbye (X) is no call.
        if (type === 'p' || type === 'X') return take(bytes, 'aside')
        if (type === 'startup') return take(bytes, 'login')
        take(bytes, type === 'Q' || type === 'S' ? 'statement' : 'part')
      }),
    server: (take) =>
      postgresMessages(false, ({ type, bytes }) => {
        // Until the server says that the password is right, its messages are half of a conversation.
        if (!loggedIn && type === 'R' && bytes.readInt32BE(5) !== 0) return take(bytes, 'aside')
        const whole = type === 'Z' || (type === 'E' && !loggedIn)
        if (type === 'Z') loggedIn = true
        take(bytes, whole ? 'end' : 'part')
      }),
  }
}
