import type { Row } from './row.ts'

const passwords = [
  'PasswordLength',
  'ExcludeCharacters',
  'ExcludeLowercase',
  'ExcludeUppercase',
  'ExcludeNumbers',
  'ExcludePunctuation',
  'RequireEachIncludedType',
]
const postgres = {
  folder: 'postgres',
  vpc: true,
  variables: [...passwords, 'DatabaseCaBundle', 'UpdateUrls', 'PostgresPasswordFormat'],
}
const mysql = {
  folder: 'mysql',
  vpc: true,
  variables: [...passwords, 'DatabaseCaBundle', 'UpdateUrls', 'UsernameCharacterLimit'],
}
const mariadb = { folder: 'mariadb', vpc: true, variables: [...mysql.variables, 'MariadbPasswordFormat'] }
const oauth = {
  folder: 'oauth',
  vpc: true,
  variables: ['OauthProvider', 'OauthProviders', 'OauthHosts', 'OauthPrivateHosts', 'HttpCaBundle'],
  // Half of the time may pass until the server answers; the rest is for storing the answer.
  timeout: 60,
  maxBundleBytes: 340_000,
}
const bySuperuser = { statements: ['superuserSecrets', 'databaseServers'] }

export const rows: readonly Row[] = [
  {
    ...postgres,
    file: 'single-user',
    title: 'PostgreSQL, single user',
    what: 'a PostgreSQL login that changes its own password',
    rotates: 'Rotates PostgreSQL secrets whose login changes its own password',
    maxBundleBytes: 367_000,
  },
  {
    ...postgres,
    ...bySuperuser,
    file: 'alternating-users',
    title: 'PostgreSQL, alternating users',
    what: 'two PostgreSQL logins that take turns, so that no application is ever locked out',
    rotates: 'Rotates PostgreSQL secrets whose two logins take turns',
    // A quarter of it is the RDS client.
    maxBundleBytes: 490_000,
  },
  {
    ...mysql,
    file: 'single-user',
    title: 'MySQL, single user',
    what: 'a MySQL login that changes its own password',
    rotates: 'Rotates MySQL secrets whose login changes its own password',
    maxBundleBytes: 760_000,
  },
  {
    ...mysql,
    ...bySuperuser,
    file: 'dual-password',
    title: 'MySQL, dual password',
    what: 'a MySQL login with two passwords, so that no application is ever locked out',
    rotates: 'Rotates MySQL secrets whose login has two passwords',
    maxBundleBytes: 882_000,
  },
  {
    ...mysql,
    ...bySuperuser,
    file: 'alternating-users',
    title: 'MySQL, alternating users',
    what: 'two MySQL logins that take turns, so that no application is ever locked out',
    rotates: 'Rotates MySQL secrets whose two logins take turns',
    maxBundleBytes: 882_000,
  },
  {
    ...mariadb,
    file: 'single-user',
    title: 'MariaDB, single user',
    what: 'a MariaDB login that changes its own password',
    rotates: 'Rotates MariaDB secrets whose login changes its own password',
    maxBundleBytes: 760_000,
  },
  {
    ...mariadb,
    ...bySuperuser,
    file: 'dual-password',
    title: 'MariaDB, dual password',
    what: 'a MariaDB login with two passwords, so that no application is ever locked out',
    rotates: 'Rotates MariaDB secrets whose login has two passwords',
    maxBundleBytes: 882_000,
  },
  {
    ...mariadb,
    ...bySuperuser,
    file: 'alternating-users',
    title: 'MariaDB, alternating users',
    what: 'two MariaDB logins that take turns, so that no application is ever locked out',
    rotates: 'Rotates MariaDB secrets whose two logins take turns',
    maxBundleBytes: 882_000,
  },
  {
    folder: 'ssh',
    file: 'key',
    title: 'SSH key',
    what: 'SSH key pairs of an account on one host or many, so that no client is ever locked out',
    rotates: 'Rotates SSH key pairs of an account on one host or many',
    variables: ['SshHosts', 'SshRsaBits', 'SshHostKeys', 'SshKeepFileMode', 'SshOldKeyHours'],
    // The secrets of an account that may change the file, and of jump hosts.
    statements: ['adminSecrets'],
    vpc: true,
    // An RSA key takes seconds of a processor; at 128 MB it can take half a minute.
    memory: 1024,
    // There may be many hosts, and the function waits 26 seconds for a host with a penalty.
    timeout: 120,
    maxBundleBytes: 562_000,
  },
  {
    folder: 'transfer',
    file: 'user-key',
    title: 'Transfer Family user key',
    what: 'SSH key pairs of users of AWS Transfer Family, so that no client is ever locked out',
    rotates: 'Rotates SSH key pairs of users of AWS Transfer Family',
    variables: ['SshRsaBits'],
    statements: ['transferUsers'],
    vpc: true,
    memory: 1024,
    maxBundleBytes: 560_000,
  },
  {
    folder: 'api-key',
    file: 'api-key',
    title: 'API key',
    what: 'keys of APIs, so that no client is ever refused',
    rotates: 'Rotates keys of APIs, by a description of their provider',
    variables: [
      'ApiKeyProvider',
      'ApiKeyProviders',
      'ApiKeyHosts',
      'ApiKeyPrivateHosts',
      'ApiKeyRevokeFirst',
      'AdminSecretArns',
      'HttpCaBundle',
    ],
    statements: ['adminSecrets'],
    vpc: true,
    // Some providers take half a minute until a new key is known everywhere.
    timeout: 60,
    maxBundleBytes: 300_000,
  },
  {
    folder: 'iam',
    file: 'access-key',
    title: 'IAM access key',
    what: 'access keys of IAM users, so that no client is ever refused',
    rotates: 'Rotates access keys of IAM users',
    variables: [],
    statements: ['iamUsers'],
    vpc: true,
    // IAM may take half a minute until a new key is known everywhere.
    timeout: 60,
    maxBundleBytes: 420_000,
  },
  {
    ...oauth,
    file: 'refresh-token',
    title: 'OAuth, refresh token',
    what: 'OAuth tokens of users, which are refreshed without losing the grant',
    rotates: 'Refreshes OAuth tokens of users without losing the grant',
  },
  {
    ...oauth,
    file: 'client-credentials',
    title: 'OAuth, client credentials',
    what: 'access tokens that OAuth clients are given for their own',
    rotates: 'Has OAuth clients be given access tokens for their own',
  },
  {
    ...oauth,
    file: 'client-secret',
    title: 'OAuth, client secret',
    what: 'secrets of OAuth clients',
    rotates: 'Rotates secrets of OAuth clients, by a description of their server',
    variables: [...oauth.variables, 'OauthRevokeFirst', 'AdminSecretArns'],
    statements: ['adminSecrets'],
  },
  {
    folder: 'generated-value',
    file: 'generated-value',
    title: 'Generated value',
    what: 'signing keys and other values that live in Secrets Manager alone',
    rotates: 'Rotates values that live in Secrets Manager alone',
    variables: [...passwords, 'ValueFields', 'ValueFormat', 'ValueBytes', 'ValueAlphabet', 'ValueCheck'],
    vpc: true,
    maxBundleBytes: 255_000,
  },
]
