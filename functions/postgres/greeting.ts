import type { Client } from 'pg'
import type { PasswordForm } from './password-clause.ts'

/** What a server has said by the end of a login, without having been asked. */
export interface Greeting {
  /** For instance `18.4 (Debian 18.4-1)`. A pooler may say what it likes; undefined where nothing was said. */
  readonly version: string | undefined
  /** How the password in use was asked for: `md5` tells that the server holds it in that form. */
  readonly asked: PasswordForm | undefined
}

/** The events in which `pg` says that it was asked for a password. */
const requests = {
  authenticationSASL: 'scram-sha-256',
  authenticationMD5Password: 'md5',
  authenticationCleartextPassword: 'cleartext',
} as const

interface Told {
  on(event: string, listener: (status: { parameterName: string; parameterValue: string }) => void): void
}

/** Listens to a login. To be called before connecting; what it gives fills up until the client is connected. */
export function hearGreeting(client: Client): Greeting {
  const { connection } = client as unknown as { connection: Told }
  const heard: { version: string | undefined; asked: Greeting['asked'] } = { version: undefined, asked: undefined }
  connection.on('parameterStatus', ({ parameterName, parameterValue }) => {
    if (parameterName === 'server_version') heard.version = parameterValue
  })
  for (const [event, form] of Object.entries(requests))
    connection.on(event, () => {
      heard.asked = form
    })
  return heard
}
