/** A message of PostgreSQL's protocol (manual, "Message Formats"): a letter, a length, a body. */
export interface PostgresMessage {
  /** The letter; the first message of a client has none and is called 'startup'. */
  readonly type: string
  /** As it was sent, with letter and length. */
  readonly bytes: Buffer
}

/** Cuts a stream into messages. @param startup whether the stream begins with a startup message */
export function postgresMessages(startup: boolean, take: (message: PostgresMessage) => void): (chunk: Buffer) => void {
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
