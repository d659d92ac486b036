import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Client } from 'pg'
import type { RotationContext } from '../../shared/rotation/context.ts'

const goodbyeMs = 500

/** Ends of sessions that the server has been told of and has not carried out yet. */
const leaving = new Set<Promise<void>>()

/**
 * Tells the server that a session is over. The next login waits for its answer, which mostly has come by then: so no two
 * sessions of this process are open, and no step ends later for a server that has nothing more to say. A server that
 * hangs is left after half a second: Lambda waits for nothing that is still open, and neither do we.
 */
export async function sayGoodbye(client: Client, socket: Socket, { sleep }: Pick<RotationContext, 'sleep'>) {
  const { stream } = (client as unknown as { readonly connection: { readonly stream: Duplex } }).connection
  const told = new Promise<void>((resolve) => stream.once('finish', resolve))
  const answered = client.end().catch(() => undefined)
  const over = Promise.race([answered, sleep(goodbyeMs)]).then(() => {
    socket.destroy()
    leaving.delete(over)
  })
  leaving.add(over)
  await Promise.race([told, over])
}

/** Waits until no session of this process is open any more that was told goodbye. */
export async function allHaveLeft(): Promise<void> {
  await Promise.all(leaving)
}
