/** @throws Error about one entry of the option `functions` */
export function refuse(id: string, what: string): never {
  throw new Error(`startLocalSecretsManager: functions.${id} ${what}`)
}

/**
 * Refuses options that do not exist: TypeScript would not compile them, but JavaScript would ignore them in silence.
 * @param who to whom the options belong, for the message
 * @param given the options; one that is undefined counts as left out
 */
export function refuseUnknown(who: string, given: unknown, known: readonly string[]): void {
  const what = `startLocalSecretsManager: ${who}`
  if (typeof given !== 'object' || given === null)
    throw new Error(
      `${what} is ${given === null ? 'null' : typeof given}, not an object. It may have: ${known.join(', ')}.`,
    )
  for (const [option, value] of Object.entries(given)) {
    if (value !== undefined && !known.includes(option))
      throw new Error(`${what} has ${option}, which there is not. It may have: ${known.join(', ')}.`)
  }
}

/** @throws Error where the port is no number of a port */
export function checkPort(port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return
  throw new Error(
    `startLocalSecretsManager: port takes a whole number from 0, for any free one, to 65535, not ${port}.`,
  )
}

/** @throws Error on a Node that lacks what the service and the functions use: the methods of sets, for one */
export function checkNode(version: string): void {
  if (Number(version.split('.')[0]) >= 22) return
  throw new Error(
    `keyturn/local needs Node 22 or newer, and this is Node ${version}. The command keyturn needs Node 20.`,
  )
}

/** Makes the error that says why the server cannot listen on the port. */
export function cannotListen(port: number, cause: unknown): Error {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code
  if (code === undefined) return cause instanceof Error ? cause : new Error(String(cause))
  const why =
    code === 'EADDRINUSE'
      ? `Port ${port} is in use, by another Secrets Manager perhaps. Leave port out to get any free one.`
      : `Secrets Manager can't listen on port ${port} of 127.0.0.1 (${code}). Leave port out to get any free one.`
  return Object.assign(new Error(why, { cause }), { code })
}
