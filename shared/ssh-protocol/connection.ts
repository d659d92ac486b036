import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SFTPWrapper } from 'ssh2'
import Client from 'ssh2/lib/client.js'
import type { RotationContext } from '../rotation/context.ts'
import { connectionError, forwardError, reachError } from './connection-errors.ts'
import type { Address, SshLogin } from './login.ts'
import { opensshPem } from './pem.ts'
import { fingerprint } from './public-key.ts'

/** How long a host may take to accept a connection, and then to let us in (it may look up our name). */
const reachMs = 5_000
const loginMs = 20_000

/** A login that succeeded. Disposing of it ends the connection and never throws. */
export interface SshConnection extends Disposable {
  readonly login: SshLogin
  /** The host key that was shown. */
  readonly shown: string
  /** What the server calls its software, for instance `OpenSSH_9.2p1 Debian-2`. */
  readonly software: string
  /** Keys that the host has announced after the login and that are not pinned: it is going to show them. */
  unpinned(): readonly string[]
  /** Opens SFTP. Rejects with what ssh2 says. */
  sftp(): Promise<SFTPWrapper>
  /** Opens a connection from there to another host. Throws RotationError. */
  forward(to: Address): Promise<Duplex>
}

/**
 * Logs in once, with one key: servers count each key that they refuse, and close the door to the whole address after a few
 * (OpenSSH 9.8, PerSourcePenalties). A host key that is not pinned gets no login at all.
 * @param through a jump host
 * @throws RotationError Unreachable, NoAnswer, HostBusy, HostKeyMismatch, NoCommonAlgorithm, LoginRefused, TimedOut
 */
export async function connect(
  login: SshLogin,
  context: RotationContext,
  through?: SshConnection,
): Promise<SshConnection> {
  const sock = through === undefined ? await reach(login, context) : await through.forward(login)
  const client = new Client()
  const shown = { key: '' }
  const announced: string[] = []
  // For the client's whole life: it may report one failure twice, and an error that nobody hears ends the process.
  client.on('error', () => undefined)
  client.on('hostkeys', (keys) => announced.push(...keys.map((key) => fingerprint(key.getPublicSSH()))))
  const pem = opensshPem(login.key.key, '')
  context.conceal(pem)
  try {
    await ready(client, context.signal, () =>
      client.connect({
        sock,
        username: login.username,
        privateKey: pem,
        authHandler: ['publickey'],
        readyTimeout: loginMs,
        hostVerifier: (key: Buffer) => {
          shown.key = fingerprint(key)
          return login.hostKeys === undefined || login.hostKeys.fingerprints.has(shown.key)
        },
        ...(login.hostKeys?.algorithms && { algorithms: { serverHostKey: [...login.hostKeys.algorithms] as never } }),
      }),
    )
  } catch (error) {
    client.destroy()
    sock.destroy()
    throw connectionError(error, {
      login,
      through: through?.login,
      shown: shown.key,
      greeted: softwareOf(client) !== undefined,
      aborted: context.signal.aborted,
    })
  }
  // The next request notices a host that dies later.
  const abort = () => client.destroy()
  context.signal.addEventListener('abort', abort)
  return {
    login,
    shown: shown.key,
    software: softwareOf(client) ?? '',
    unpinned: () => announced.filter((key) => login.hostKeys !== undefined && !login.hostKeys.fingerprints.has(key)),
    sftp: () => whileOpen(client, (done) => client.sftp(done)),
    async forward(to) {
      try {
        return await whileOpen<Duplex>(client, (done) => client.forwardOut('127.0.0.1', 0, to.host, to.port, done))
      } catch (error) {
        throw forwardError(error, login, to, context.signal.aborted)
      }
    },
    [Symbol.dispose]() {
      context.signal.removeEventListener('abort', abort)
      client.end()
    },
  }
}

/** Which software the server says that it is, which is the first that it says; undefined until then. */
function softwareOf(client: Client): string | undefined {
  return (client as unknown as { readonly _remoteVer?: string })._remoteVer
}

async function reach({ host, port }: Address, { signal }: RotationContext): Promise<Socket> {
  const socket = connectSocket({ host, port, noDelay: true })
  socket.on('error', () => undefined)
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([signal, AbortSignal.timeout(reachMs)]) })
    return socket
  } catch (error) {
    socket.destroy()
    throw reachError(error, { host, port }, signal.aborted)
  }
}

async function ready(client: Client, signal: AbortSignal, start: () => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort)
  // The first error is the reason; what is said afterwards follows from it.
  client.once('error', reject)
  client.once('ready', resolve)
  client.once('close', () => reject(new Error('the connection was closed')))
  try {
    signal.throwIfAborted()
    start()
    await promise
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** ssh2 never answers a call whose connection ends first. */
function whileOpen<T>(client: Client, call: (done: (error: Error | undefined, value: T) => void) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const closed = () => reject(new Error('the connection ended'))
    client.once('close', closed)
    call((error, value) => {
      client.off('close', closed)
      if (error) reject(error)
      else resolve(value)
    })
  })
}
