import type { Duplex } from 'node:stream'
import type { Client } from 'pg'

/** More than all answers to our statements together. */
const mostBytes = 4_000_000

/**
 * `pg` parses what arrives in an event listener, where an exception would end the process without a word: for a way to
 * log in that it does not know (GSS, for instance), or for something that is no PostgreSQL at all. With this, the exception
 * ends the connection, and connecting or the statement fails with it. To be called before connecting.
 */
export function guardParser(client: Client): void {
  const { connection } = client as unknown as { connection: { attachListeners(stream: Duplex): void } }
  const attach = connection.attachListeners.bind(connection)
  connection.attachListeners = (stream) => {
    attach(stream)
    const parsers = stream.listeners('data')
    stream.removeAllListeners('data')
    const checkFrames = frameChecker()
    let received = 0
    stream.on('data', (chunk: Buffer) => {
      received += chunk.length
      try {
        if (received > mostBytes) throw new Error('the server sends more than anybody asked for')
        checkFrames(chunk)
        for (const parse of parsers) parse.call(stream, chunk)
      } catch (error) {
        stream.destroy(error instanceof Error ? error : new Error('the parser failed'))
      }
    })
  }
}

/**
 * Follows the messages through the chunks that they arrive in: a type and a length, which counts itself (manual, "Message
 * Formats"). A shorter one would keep the parser in a loop for ever.
 */
function frameChecker(): (chunk: Buffer) => void {
  let head = Buffer.alloc(0)
  let left = 0
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.subarray(at, at + (left > 0 ? left : 5 - head.length))
      at += taken.length
      if (left > 0) {
        left -= taken.length
        continue
      }
      head = Buffer.concat([head, taken])
      if (head.length < 5) return
      left = head.readInt32BE(1) - 4
      head = Buffer.alloc(0)
      if (left < 0) throw new Error('the server sends a message that is shorter than its own length')
    }
  }
}
