import type { Connection } from 'mysql2'

/** More than all answers to our statements together: 25,000 grants of two logins, read twice, are 15 MB. */
const mostBytes = 64_000_000

/**
 * mysql2 keeps what arrives until a packet is whole, however long it says it is: a server that sends without end would
 * fill the memory, and the process would end without a word. With this, the connection ends. To be called at once.
 */
export function guardParser(connection: Connection, stop: () => void): void {
  const guarded = connection as unknown as { packetParser: { execute(chunk: Buffer): unknown } }
  const parser = guarded.packetParser
  let received = 0
  // What arrives comes this way with TLS and without: the driver looks its parser up each time.
  guarded.packetParser = {
    execute(chunk) {
      received += chunk.length
      if (received > mostBytes) stop()
      else parser.execute(chunk)
    },
  }
}
