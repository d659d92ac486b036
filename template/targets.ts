/** A template of one target alone: `templates/<folder>.yaml`. */
export interface Target {
  /** The end of the template's description. */
  readonly title: string
  /**
   * The parameters that it asks for, because only the user knows their values. SAM's guide asks for each, so they are eight at
   * most.
   */
  readonly asks: readonly string[]
  /** Values of parameters that it does not ask for, where they are not the parameter's own default. */
  readonly instead?: Readonly<Record<string, string | number>>
}

const told = ['KmsKeyArns', 'AlarmEmail', 'AlarmTopicArn', 'LayerArns']
const inNetwork = [...told, 'SubnetIds', 'SecurityGroupIds']
// Authorities of one's own (DatabaseCaBundle, LayerArns) are for template.yaml: RDS needs none, and there is room for eight.
const database = [
  'KmsKeyArns',
  'AlarmEmail',
  'AlarmTopicArn',
  'SubnetIds',
  'SecurityGroupIds',
  'DatabaseSecurityGroupId',
  'VpcId',
  'SuperuserSecretArns',
]

// A permissions boundary is asked for where there is room for it; template.yaml has it for all.
const bounded = 'PermissionsBoundaryArn'

/** The targets, by their folder in functions/. */
export const targets: Readonly<Record<string, Target>> = {
  postgres: { title: 'PostgreSQL and Aurora PostgreSQL logins', asks: database },
  mysql: { title: 'MySQL and Aurora MySQL logins', asks: database, instead: { DatabasePort: 3306 } },
  mariadb: { title: 'MariaDB logins', asks: database, instead: { DatabasePort: 3306 } },
  ssh: {
    title: 'SSH key pairs',
    asks: [...inNetwork, 'AdminSecretArns', 'SshHosts'],
  },
  transfer: {
    title: 'SSH key pairs of users of AWS Transfer Family',
    asks: [...inNetwork, 'SshRsaBits', bounded],
  },
  'api-key': {
    title: 'keys of APIs',
    asks: [...told, 'ApiKeyProvider', 'ApiKeyProviders', 'ApiKeyHosts', 'AdminSecretArns'],
  },
  iam: {
    title: 'access keys of IAM users',
    asks: [...inNetwork, 'IamUserArns', bounded],
  },
  oauth: {
    title: 'OAuth tokens and secrets of OAuth clients',
    asks: [...told, 'OauthProvider', 'OauthProviders', 'OauthHosts', 'AdminSecretArns'],
  },
  'generated-value': {
    title: 'values that live in Secrets Manager alone',
    // These functions need no file and no other code, so no layer.
    asks: [
      'KmsKeyArns',
      'AlarmEmail',
      'AlarmTopicArn',
      bounded,
      'ValueFields',
      'ValueFormat',
      'ValueBytes',
      'ValueAlphabet',
    ],
  },
}
