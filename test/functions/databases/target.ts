import type { Target } from '../../contract/secret-type.ts'
import type { SecretsManager } from '../../support/secrets-manager.ts'
import type { DatabaseServer, TestLogin } from '../../support/test-server.ts'
import { type Fields, loginIn, type SecretString, type ServerFields } from './secret-string.ts'

export type Store = Pick<SecretsManager, 'store'>

/** A login that was made at a server, and the first value of its secret. */
export interface DatabaseTarget extends Target {
  readonly base: TestLogin
  /** The login of the superuser's secret, where there is one. */
  readonly master: TestLogin | undefined
}

/** The name that alternating-users gives to the second login, as AWS's functions do. */
export function cloneOf({ username }: Pick<TestLogin, 'username'>): string {
  return `${username}_clone`
}

/** Asks for a clone of a base that is in use, to be the next login. */
export function cloneComingNext(base: string, password: string, otherPassword: string) {
  const clone = cloneOf({ username: base })
  return { base, clone, username: clone, password, otherPassword, previousPassword: async () => undefined }
}

/**
 * Makes targets of logins.
 * @param snapshot gives all that the server keeps of a login and of its clone
 * @returns a function that takes a login, the further fields of its secret, and the superuser whose secret it names
 */
export function targetsOf<Server extends DatabaseServer<unknown, unknown>>(
  secretString: SecretString,
  snapshot: (server: Server, base: TestLogin) => Promise<unknown>,
) {
  return async (
    { server, at, store }: { readonly server: Server; readonly at: ServerFields } & Store,
    base: TestLogin,
    fields?: Fields,
    master?: TestLogin,
  ): Promise<DatabaseTarget> => {
    const masterarn = master && { masterarn: JSON.stringify(await store(secretString(at, master))) }
    const value = secretString(at, base, { ...fields, ...masterarn })
    const superusers = master === undefined ? [] : [master]
    return {
      value,
      base,
      master,
      async works(text) {
        // Nothing but name and password may ever change in the secret, not even the order of its fields.
        if (form(text) !== form(value)) throw new Error(`The value has changed in form: ${form(text)}`)
        return (await server.login(loginIn(text))) !== undefined
      },
      snapshot: () => snapshot(server, base),
      sensitive: (text) => [loginIn(text).password],
      others: [...superusers, server.superuser].map(({ password }) => password),
      logins: [base.username, cloneOf(base), ...superusers.map(({ username }) => username)],
    }
  }
}

/** A SecretString without name and password. */
function form(value: string): string {
  const { username, password } = loginIn(value)
  return value.replace(JSON.stringify(password), '').replace(JSON.stringify(username), '')
}
