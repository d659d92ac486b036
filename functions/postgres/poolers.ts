import type { ErrorCode } from '../../shared/errors/catalogue.ts'

/** What poolers and proxies say in words of their own, with an SQLSTATE that servers use for something else. */
const sayings: readonly (readonly [sqlState: string, said: RegExp, code: ErrorCode])[] = [
  // PgBouncer (client.c, objects.c, pam.c, ldapauth.c): all that it says itself is a "protocol violation". Its own login
  // to the server comes through with the server's words behind those that are looked for here.
  ['08P01', /^(?:(?:password|SASL|PAM|LDAP|certificate|"trust") authentication failed|auth failed)$/i, 'LoginRefused'],
  ['08P01', /^no such user\b/, 'LoginRefused'],
  ['08P01', /^server login (?:failed|has been failing)\b.*\bpassword authentication failed for user\b/, 'LoginRefused'],
  ['08P01', /^(?:no more connections allowed|client connections exceeded)\b/, 'ConnectionLimit'],
  ['08P01', /^no such database\b/, 'DatabaseMissing'],
  ['08P01', /^SSL required$/, 'TlsRequired'],
  ['08P01', /^(?:login rejected|no authentication method is found)$/, 'TlsRequired'],
  [
    '08P01',
    /^(?:server login (?:failed|has been failing)|(?:server|pooler is) shutting down|pause failed|client_login_timeout|query_wait_timeout|database ".*" is disabled)/,
    'ServerNotReady',
  ],
  // Pgpool-II (pool_auth.c, elog.c): whatever has no code of its own is an "internal error".
  ['XX000', /^(?:md5|SCRAM|clear text|clear text password) authentication failed$/, 'LoginRefused'],
  // RDS Proxy, which knows no other password than that of the secrets it was given (RDS guide, "Troubleshooting RDS Proxy").
  ['28000', /^This RDS proxy has no credentials for the role\b/i, 'LoginRefused'],
  ['28000', /^The password that was provided for the role\b/, 'LoginRefused'],
  ['08P01', /^The password that was provided for the role\b/, 'LoginRefused'],
]

/**
 * What a pooler or a proxy means by the refusal of a login. Those that are left out (Odyssey, PgCat) use the server's codes.
 * @returns undefined for words that are none of theirs
 */
export function pooledCode(sqlState: string, message: string): ErrorCode | undefined {
  return sayings.find(([state, said]) => state === sqlState && said.test(message))?.[2]
}
