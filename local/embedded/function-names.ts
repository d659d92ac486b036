/** Keyturn's functions, by the names that its templates give them. */
export const functionNames = [
  'ApiKey',
  'GeneratedValue',
  'IamAccessKey',
  'MariadbAlternatingUsers',
  'MariadbDualPassword',
  'MariadbSingleUser',
  'MysqlAlternatingUsers',
  'MysqlDualPassword',
  'MysqlSingleUser',
  'OauthClientCredentials',
  'OauthClientSecret',
  'OauthRefreshToken',
  'PostgresAlternatingUsers',
  'PostgresSingleUser',
  'SshKey',
  'TransferUserKey',
] as const

/** The name of one of Keyturn's functions. */
export type FunctionName = (typeof functionNames)[number]
