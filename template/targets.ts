/** A template of one target alone: `templates/<folder>.yaml`. */
export interface Target {
  /** For its description. */
  readonly title: string
  /** The parameters that it asks for, eight at most, because SAM's guide asks for each: those of which only the user can know the value. */
  readonly asks: readonly string[]
}

const told = ['KmsKeyArns', 'AlarmEmail', 'AlarmTopicArn', 'LayerArns']
const inNetwork = [...told, 'SubnetIds', 'SecurityGroupIds']
const database = [...inNetwork, 'SuperuserSecretArns', 'DatabaseCaBundle']

/** By their folder in functions/. */
export const targets: Readonly<Record<string, Target>> = {
  postgres: { title: 'PostgreSQL and Aurora PostgreSQL logins', asks: database },
  mysql: { title: 'MySQL and Aurora MySQL logins', asks: database },
  mariadb: { title: 'MariaDB logins', asks: database },
  ssh: {
    title: 'SSH key pairs',
    asks: [...inNetwork, 'AdminSecretArns', 'SshHosts'],
  },
  transfer: {
    title: 'SSH key pairs of users of AWS Transfer Family',
    asks: [...inNetwork, 'SshRsaBits'],
  },
  'api-key': {
    title: 'keys of APIs',
    asks: [...told, 'ApiKeyProvider', 'ApiKeyProviders', 'ApiKeyHosts', 'AdminSecretArns'],
  },
  iam: {
    title: 'access keys of IAM users',
    asks: [...inNetwork, 'IamUserArns'],
  },
  oauth: {
    title: 'OAuth tokens and secrets of OAuth clients',
    asks: [...told, 'OauthProvider', 'OauthProviders', 'OauthHosts', 'AdminSecretArns'],
  },
  'generated-value': {
    title: 'values that live in Secrets Manager alone',
    asks: [...told, 'ValueFields', 'ValueFormat', 'ValueBytes', 'ValueAlphabet'],
  },
}
