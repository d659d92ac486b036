/** Keyturn's functions: their names in the templates, and their files below `functions`. */
export const functionFiles = {
  ApiKey: 'api-key/api-key',
  GeneratedValue: 'generated-value/generated-value',
  IamAccessKey: 'iam/access-key',
  MariadbAlternatingUsers: 'mariadb/alternating-users',
  MariadbDualPassword: 'mariadb/dual-password',
  MariadbSingleUser: 'mariadb/single-user',
  MysqlAlternatingUsers: 'mysql/alternating-users',
  MysqlDualPassword: 'mysql/dual-password',
  MysqlSingleUser: 'mysql/single-user',
  OauthClientCredentials: 'oauth/client-credentials',
  OauthClientSecret: 'oauth/client-secret',
  OauthRefreshToken: 'oauth/refresh-token',
  PostgresAlternatingUsers: 'postgres/alternating-users',
  PostgresSingleUser: 'postgres/single-user',
  SshKey: 'ssh/key',
  TransferUserKey: 'transfer/user-key',
} as const

/** The name of one of Keyturn's functions. */
export type FunctionName = keyof typeof functionFiles

export const functionNames = Object.keys(functionFiles) as readonly FunctionName[]
