import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { finished } from 'node:stream/promises'
import { createConnection } from 'mysql2'
import { hasLeft, sayGoodbye } from '../database/goodbye.ts'
import type { Login } from '../database/secret.ts'
import type { RotationContext } from '../rotation/context.ts'
import { connectError } from './errors.ts'
import { guardParser } from './parser-guard.ts'
import { keepTlsCode } from './tls-code.ts'
import { tlsOptions } from './tls-options.ts'

/** As long as AWS's functions wait for a connection. */
const connectTimeoutMs = 5_000

/** mysql2's connection, in which somebody has logged in. */
export interface Driver {
  /** Throws what the driver throws: with the statement in it. */
  query(sql: string, values?: readonly unknown[]): Promise<unknown>
  /** Tells the server that the session is over, once; never throws. The next login of the same user waits for the answer. */
  close(): Promise<void>
}

/**
 * Logs in once by mysql2, and works around what it does in another way than is needed here.
 * @throws RotationError see `connectError`
 */
export async function logIn(login: Login, context: RotationContext): Promise<Driver> {
  const { username: user, password, host, port, tls } = login
  // An account may have one connection to spare (MAX_USER_CONNECTIONS 1): the server has to have ended the one before.
  await hasLeft(login)
  const socket = new Socket()
  const connectTimeout = Math.min(connectTimeoutMs, Math.max(1, context.remainingMs()))
  const name = tls === false ? host : tls.serverName
  let reached = false
  socket.once('connect', () => {
    reached = true
    // mysql2 verifies the name that it takes for the host, and none at all where that is an address: then Node takes what
    // the socket calls its host. Our own socket goes where the secret says, so the two can differ; and it is told only
    // now, since looking up a name writes the same field.
    Object.assign(socket, { _host: name })
  })
  const ssl = tls === false ? undefined : await tlsOptions(tls.caBundle)
  socket.setNoDelay(true).connect({ host, port })
  const connection = createConnection({
    user,
    password,
    host: name,
    port,
    connectTimeout,
    stream: () => socket,
    ...(ssl && { ssl }),
    ...(login.database !== undefined && { database: login.database }),
    charset: 'utf8mb4',
    flags: ['-LOCAL_FILES'],
    connectAttributes: { program_name: 'keyturn' },
    // Numbers as text, or those beyond 2^53 would lose digits; dates are never looked at.
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    // Rows are read by code that is there, and not by code that is made of what the server calls its columns.
    disableEval: true,
  })
  // An error between two statements belongs to nobody; without a listener it would end the process.
  connection.on('error', () => undefined)
  guardParser(connection, () => socket.destroy())
  const tlsCode = keepTlsCode(connection)
  // mysql2 reads what comes with an answer in the server's own character set, though it comes in that of the session; and
  // bundles do without the tables of the East Asian ones.
  connection.on('connect', () => Object.assign(connection, { serverEncoding: 'utf8' }))
  const abort = () => socket.destroy()
  context.signal.addEventListener('abort', abort, { once: true })
  const destroy = () => {
    context.signal.removeEventListener('abort', abort)
    connection.destroy()
    socket.destroy()
  }
  try {
    await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())))
  } catch (error) {
    const { stream } = connection as unknown as { stream: { encrypted?: boolean } }
    const encrypted = stream.encrypted === true
    destroy()
    throw connectError(error, login, { reached, encrypted, tlsCode: tlsCode() })
  }
  let closed: Promise<void> | undefined
  const end = async () => {
    const { stream } = connection as unknown as { readonly stream: Duplex }
    const answered = finished(stream).catch(() => undefined)
    const told = new Promise<void>((resolve) => connection.end(() => resolve()))
    await sayGoodbye(login, { told, answered }, destroy, context)
  }
  return {
    query: (sql, values = []) =>
      new Promise((resolve, reject) => {
        const timeout = Math.max(1, Math.floor(context.remainingMs()))
        connection.query({ sql, timeout }, [...values], (error, rows) => (error ? reject(error) : resolve(rows)))
      }),
    close() {
      closed ??= end()
      return closed
    },
  }
}
