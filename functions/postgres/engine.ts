import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { checkServerIdentity } from 'node:tls'
import { Client, escapeLiteral } from 'pg'
import type { CloneSession, DatabaseEngine } from '../../shared/database/engine.ts'
import { allHaveLeft, sayGoodbye } from '../../shared/database/goodbye.ts'
import { address, type Login } from '../../shared/database/secret.ts'
import { type Environment, oneOf } from '../../shared/environment.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { databaseSecureContext } from '../../shared/network/ca-certificates.ts'
import { passwordRules } from '../../shared/password.ts'
import { type Greeting, hearGreeting } from './greeting.ts'
import { connectError } from './login-errors.ts'
import { guardParser } from './parser-guard.ts'
import { configuredForm } from './password-clause.ts'
import { postgresSession } from './session.ts'
import { checkVersion } from './versions.ts'

/** As long as AWS's functions wait for a connection. */
const connectTimeoutMs = 5_000

/** The server cuts longer names and says so in a notice only (manual, "Identifiers and Key Words"). */
const nameLimitBytes = 63

/** @throws RotationError InvalidConfiguration */
export function postgres(env: Environment): DatabaseEngine<CloneSession> {
  const form = configuredForm(env)
  /** By user: how the server asked for the passwords of this invocation's logins. */
  const asked = new Map<string, Greeting['asked']>()
  return {
    name: 'postgres',
    engines: ['postgres', 'aurora-postgresql'],
    // All that PASSWORD_LENGTH allows (tried).
    passwordRules: passwordRules(env),
    updateUrls: oneOf('UPDATE_URLS', env, ['true', 'false']) === 'true',
    neverLocks: true,
    endSessions: (username) =>
      say`Sessions that are open go on. To end them: SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ${escapeLiteral(username)};`,
    caBundle: env.DATABASE_CA_BUNDLE,
    defaultPort: 5432,
    defaultDatabase: 'postgres',
    checkName(username) {
      if (Buffer.byteLength(username) <= nameLimitBytes) return
      throw new RotationError(
        'NameTooLong',
        say`Unable to clone user, ${username} would exceed ${nameLimitBytes} bytes.`,
      )
    },
    async connect(login, context) {
      const { username: user, password, host, port } = login
      const [ssl] = await Promise.all([tlsOptions(login), allHaveLeft()])
      const socket = new Socket()
      const remainingMs = Math.max(1, context.remainingMs())
      const connectionTimeoutMillis = Math.min(connectTimeoutMs, remainingMs)
      const client = new Client({
        // Everything is given, also where it is the default: `pg` would take what is missing from PG* variables.
        user,
        password,
        host,
        port,
        database: login.database ?? 'postgres',
        ssl,
        application_name: 'keyturn',
        client_encoding: 'UTF8',
        sslnegotiation: 'postgres',
        connectionTimeoutMillis,
        query_timeout: remainingMs,
        stream: () => socket,
      })
      forgetEnvironment(client)
      // An error between two statements belongs to nobody; without a listener it would end the process.
      client.on('error', () => undefined)
      guardParser(client)
      const greeting = hearGreeting(client)
      const abort = () => socket.destroy()
      context.signal.addEventListener('abort', abort, { once: true })
      try {
        await client.connect()
        checkVersion(greeting.version, address(login))
      } catch (error) {
        const reached = socket.bytesWritten > 0
        socket.destroy()
        context.signal.removeEventListener('abort', abort)
        throw error instanceof RotationError ? error : connectError(error, login, reached)
      }
      asked.set(user, greeting.asked)
      return postgresSession(client, { login, greeting, form, asked }, context, async () => {
        context.signal.removeEventListener('abort', abort)
        const { stream } = (client as unknown as { readonly connection: { readonly stream: Duplex } }).connection
        const told = new Promise<void>((resolve) => stream.once('finish', resolve))
        const answered = client.end().catch(() => undefined)
        await sayGoodbye(login, { told, answered }, () => socket.destroy(), context)
      })
    },
  }
}

/** Nothing can be given for these two: `pg` takes nothing for missing, and PGOPTIONS or PGREPLICATION in its place. */
function forgetEnvironment(client: Client): void {
  const { connectionParameters } = client as unknown as { readonly connectionParameters: object }
  Object.assign(connectionParameters, { options: undefined, replication: undefined })
}

/** What `pg` gives to tls.connect: certificate and name are always verified. */
async function tlsOptions({ tls }: Login) {
  if (tls === false) return false
  const { serverName } = tls
  return {
    secureContext: await databaseSecureContext(tls.caBundle),
    // Said also because it is not only a default: NODE_TLS_REJECT_UNAUTHORIZED=0 would switch verification off.
    rejectUnauthorized: true,
    // `pg` asks for the host's own name; an alias is checked against the name that the secret gives.
    checkServerIdentity: (_host: string, certificate: Parameters<typeof checkServerIdentity>[1]) =>
      checkServerIdentity(serverName, certificate),
  }
}
