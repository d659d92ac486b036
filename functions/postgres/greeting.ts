import type { Client } from 'pg'

/** What a server has said by the end of a login, without having been asked. */
export interface Greeting {
  /** For instance `18.4 (Debian 18.4-1)`. A pooler may say what it likes; undefined where nothing was said. */
  readonly version: string | undefined
  /** How the password in use was asked for: `md5` tells that the server holds it in that form. */
  readonly asked: 'scram-sha-256' | 'md5' | 'cleartext' | undefined
}

interface Told {
  on(event: 'parameterStatus', listener: (status: { parameterName: string; parameterValue: string }) => void): void
  on(
    event: 'authenticationSASL' | 'authenticationMD5Password' | 'authenticationCleartextPassword',
    listener: () => void,
  ): void
}

/** Listens to a login. To be called before connecting; what it gives fills up until the client is connected. */
export function hearGreeting(client: Client): Greeting {
  const { connection } = client as unknown as { connection: Told }
  const heard: { version: string | undefined; asked: Greeting['asked'] } = { version: undefined, asked: undefined }
  connection.on('parameterStatus', ({ parameterName, parameterValue }) => {
    if (parameterName === 'server_version') heard.version = parameterValue
  })
  connection.on('authenticationSASL', () => {
    heard.asked = 'scram-sha-256'
  })
  connection.on('authenticationMD5Password', () => {
    heard.asked = 'md5'
  })
  connection.on('authenticationCleartextPassword', () => {
    heard.asked = 'cleartext'
  })
  return heard
}
