// The parts of ssh2 that a function needs. Its index would bring along a server, agents and a generator of keys.

declare module 'ssh2/lib/client.js' {
  import { Client } from 'ssh2'
  export default Client
}

declare module 'ssh2/lib/protocol/keyParser.js' {
  import type { utils } from 'ssh2'

  const keyParser: Pick<typeof utils, 'parseKey'>
  export default keyParser
}
