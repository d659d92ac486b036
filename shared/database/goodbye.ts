import type { RotationContext } from '../rotation/context.ts'
import { address, type Login } from './secret.ts'

const goodbyeMs = 500

/** Ends of sessions that the server has been told of and has not carried out yet, with whose they are. */
const leaving = new Map<Promise<void>, string>()

/** A session that is being ended: when the server has been told, and when it has answered. Neither rejects. */
interface Goodbye {
  readonly told: Promise<unknown>
  readonly answered: Promise<unknown>
}

/**
 * Waits until the server has been told that a session is over. A later login waits for its answer, which mostly has come by
 * then: so no step ends later for a server that has nothing more to say. A server that hangs is left after half a second:
 * Lambda waits for nothing that is still open, and neither do we.
 * @param destroy ends the connection, once the server has answered or is left
 */
export async function sayGoodbye(
  login: Login,
  { told, answered }: Goodbye,
  destroy: () => void,
  { sleep }: Pick<RotationContext, 'sleep'>,
): Promise<void> {
  const over = Promise.race([answered, sleep(goodbyeMs)]).then(() => {
    destroy()
    leaving.delete(over)
  })
  leaving.set(over, whoOf(login))
  await Promise.race([told, over])
}

/** Waits until no session of this process is open any more that was told goodbye. */
export async function allHaveLeft(): Promise<void> {
  await Promise.all(leaving.keys())
}

/** The same for the sessions of one user at one server: the account may have one connection to spare. */
export async function hasLeft(login: Login): Promise<void> {
  const who = whoOf(login)
  await Promise.all([...leaving].filter(([, whose]) => whose === who).map(([over]) => over))
}

function whoOf(login: Login): string {
  return `${login.username} at ${address(login)}`
}
