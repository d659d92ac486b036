import type { TestLogin } from '../../support/test-server.ts'

/** JSON members that go into a secret as they are written. */
export type Fields = Readonly<Record<string, string>>

/** How a secret says where its server is. */
export interface ServerFields {
  readonly port: number
  readonly fields?: Fields
}

/** @returns the SecretString of a login at a server, with fields besides, or instead of, its own */
export type SecretString = (at: ServerFields, login: TestLogin, fields?: Fields) => string

/**
 * SecretStrings with their fields in an unusual order, written by hand so that nothing changes their oddities.
 * @param more what else a secret of this engine says of a login
 */
export function secretStringOf(engine: string, more: (login: TestLogin) => Fields = () => ({})): SecretString {
  return (at, login, { port, ...own } = {}) => {
    const [password, username] = [JSON.stringify(login.password), JSON.stringify(login.username)]
    const fields = {
      password,
      port: port === 'as a string' ? `"${at.port}"` : (port ?? `${at.port}`),
      engine: `"${engine}"`,
      host: '"localhost"',
      username,
      ...more(login),
      ...at.fields,
      ...own,
    }
    return `{${Object.entries(fields)
      .map(([name, json]) => `${JSON.stringify(name)}:${json}`)
      .join()}}`
  }
}

/** The login that a SecretString is about. */
export function loginIn(value: string): TestLogin {
  const { username, password, dbname } = JSON.parse(value) as Record<'username' | 'password' | 'dbname', string>
  // An empty one means none.
  return { username, password, database: dbname || undefined }
}
