// Made by `npm run template` of the rows and the parameters in template/: change it there.
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'

/** All options. An option that is left out has the default of the template. */
export interface Settings {
  /** How many characters a generated password has; MySQL takes 256 at the most. */
  readonly passwordLength?: number | undefined
  /** Characters that no generated password has. Only letters, digits and -_.~ are used in any case. */
  readonly excludeCharacters?: string | undefined
  /** No lower case letters in generated passwords? */
  readonly excludeLowercase?: boolean | undefined
  /** No upper case letters in generated passwords? */
  readonly excludeUppercase?: boolean | undefined
  /** No digits in generated passwords? */
  readonly excludeNumbers?: boolean | undefined
  /** No marks (-_.~) in generated passwords? */
  readonly excludePunctuation?: boolean | undefined
  /** At least one character of each kind in every generated password? */
  readonly requireEachIncludedType?: boolean | undefined
  /** The authorities that the databases' certificates may come from, as PEM or as the path of a PEM file in the function. Empty for the public ones and those of RDS. */
  readonly databaseCaBundle?: string | undefined
  /** Whether connection URLs in a secret (postgres://user:password@host/database) get the new user and password, too. */
  readonly updateUrls?: boolean | undefined
  /** How a new password reaches PostgreSQL: as a SCRAM-SHA-256 verifier, in md5's form, or in clear text for servers whose check of passwords must see it (the server may then log it). Empty for the form that the server itself would keep. */
  readonly postgresPasswordFormat?: 'scram-sha-256' | 'md5' | 'cleartext' | undefined
  /** The superuser secrets that alternating-users and dual-password functions may read. Not needed for a secret whose own resource policy lets the function's role read it. */
  readonly superuserSecrets?: readonly ISecret[] | undefined
  /** How many characters the name of a second MySQL or MariaDB login may have, where that is less than the server allows (32; MariaDB 80, from 10.6 on 128). Empty for the server's own limit. */
  readonly usernameCharacterLimit?: string | undefined
  /** How a new password reaches MariaDB: as a hash, or in clear text for servers whose validation plugin must see it (the server may then log it). */
  readonly mariadbPasswordFormat?: 'native-hash' | 'cleartext' | undefined
  /** User and hosts for secrets that hold nothing but a key: the path of a JSON file in the function of SshKey (of a layer, below /opt) or the ARN of a secret, which must be in AdminSecretArns, too. Empty where all secrets name their user and hosts themselves. */
  readonly sshHosts?: string | undefined
  /** How many bits a new RSA key has at least. A larger key stays as large. */
  readonly sshRsaBits?: number | undefined
  /** Whether each host's keys must be pinned in the secret (pinned), or a host without pinned keys is trusted without proof (accept-new), so that any machine could answer in its place. */
  readonly sshHostKeys?: 'pinned' | 'accept-new' | undefined
  /** Does authorized_keys keep the bits of its mode for group and others? Only where no such file has an ACL, which SFTP shows as these bits and cannot keep. */
  readonly sshKeepFileMode?: boolean | undefined
  /** How many hours the former key still works after a new rotation has begun to replace the current one, on hosts with OpenSSH 9.2 or later. 0 removes it at once. */
  readonly sshOldKeyHours?: number | undefined
  /** Further secrets that functions for other things than databases may read. SshKey reads the secrets of admins and of jump hosts, with which it logs in, and the secret that SshHosts names; ApiKey reads the keys with which it makes others; OauthClientSecret the clients that may have secrets made. A secret of SshKey need not be listed if its own resource policy lets the function's role read it. */
  readonly adminSecrets?: readonly ISecret[] | undefined
  /** The provider of keys whose secret names none, for instance sendgrid. Empty where all secrets name their provider. */
  readonly apiKeyProvider?: string | undefined
  /** The path of a JSON file in the function (of a layer, below /opt) with descriptions of providers besides those that the function has. Empty for none. */
  readonly apiKeyProviders?: string | undefined
  /** Hosts that ApiKey may send keys to, separated by commas, for instance api.sendgrid.com; NAME=HOST for a product that you run yourself, for instance gitlab=git.example.com. No other host receives a byte. */
  readonly apiKeyHosts?: string | undefined
  /** The hosts of ApiKeyHosts (without NAME=) that may resolve to addresses of private networks, separated by commas. */
  readonly apiKeyPrivateHosts?: string | undefined
  /** May ApiKey revoke a key that no function has made, when it has been replaced twice? Only where each secret's key_id is right. */
  readonly apiKeyRevokeFirst?: boolean | undefined
  /** The path of a PEM file in the function with authorities that the certificates of services may come from besides the public ones. Empty for the public ones alone. */
  readonly httpCaBundle?: string | undefined
  /** ARNs of the IAM users whose access keys IamAccessKey may make and delete. A * stands for any characters, for instance arn:aws:iam::123456789012:user/applications/*. Anybody who can change the function can get keys of these users. */
  readonly iamUserArns?: readonly string[] | undefined
  /** The provider of tokens and clients whose secret names none. Empty where all secrets name their provider. */
  readonly oauthProvider?: string | undefined
  /** The path of a JSON file in the function (of a layer, below /opt) with entries of providers besides those that the functions have. Empty for none. */
  readonly oauthProviders?: string | undefined
  /** Hosts that the OAuth functions may send credentials to, separated by commas, for instance oauth2.googleapis.com; NAME=HOST for a product that you run yourself, for instance keycloak=sso.example.com. No other host receives a byte. */
  readonly oauthHosts?: string | undefined
  /** The hosts of OauthHosts (without NAME=) that may resolve to addresses of private networks, separated by commas. */
  readonly oauthPrivateHosts?: string | undefined
  /** May OauthClientSecret revoke a client secret that no function has made, when it has been replaced twice? Only where each secret's client_secret_id is right. */
  readonly oauthRevokeFirst?: boolean | undefined
  /** Which JSON fields of a secret GeneratedValue gives a new value, separated by commas. */
  readonly valueFields?: string | undefined
  /** What a generated value looks like. */
  readonly valueFormat?: 'password' | 'alphabet' | 'hex' | 'base64' | 'base64url' | undefined
  /** How many random bytes are in a value in hex, base64 or base64url. */
  readonly valueBytes?: number | undefined
  /** The characters of a value of ValueFormat=alphabet, which is PasswordLength characters long. */
  readonly valueAlphabet?: string | undefined
  /** Whether GeneratedValue refuses a secret that looks like another kind (a login, a key, a file of settings). */
  readonly valueCheck?: 'on' | 'off' | undefined
}

/** The options of each function. */
export interface OptionsOf {
  readonly PostgresSingleUser: Pick<Settings, 'passwordLength' | 'excludeCharacters' | 'excludeLowercase' | 'excludeUppercase' | 'excludeNumbers' | 'excludePunctuation' | 'requireEachIncludedType' | 'databaseCaBundle' | 'updateUrls' | 'postgresPasswordFormat'>
  readonly PostgresAlternatingUsers: Pick<Settings, 'passwordLength' | 'excludeCharacters' | 'excludeLowercase' | 'excludeUppercase' | 'excludeNumbers' | 'excludePunctuation' | 'requireEachIncludedType' | 'databaseCaBundle' | 'updateUrls' | 'postgresPasswordFormat' | 'superuserSecrets'>
  readonly MysqlSingleUser: Pick<Settings, 'passwordLength' | 'excludeCharacters' | 'excludeLowercase' | 'excludeUppercase' | 'excludeNumbers' | 'excludePunctuation' | 'requireEachIncludedType' | 'databaseCaBundle' | 'updateUrls' | 'usernameCharacterLimit'>
  readonly MysqlDualPassword: Pick<Settings, 'passwordLength' | 'excludeCharacters' | 'excludeLowercase' | 'excludeUppercase' | 'excludeNumbers' | 'excludePunctuation' | 'requireEachIncludedType' | 'databaseCaBundle' | 'updateUrls' | 'usernameCharacterLimit' | 'superuserSecrets'>
  readonly MysqlAlternatingUsers: Pick<Settings, 'passwordLength' | 'excludeCharacters' | 'excludeLowercase' | 'excludeUppercase' | 'excludeNumbers' | 'excludePunctuation' | 'requireEachIncludedType' | 'databaseCaBundle' | 'updateUrls' | 'usernameCharacterLimit' | 'superuserSecrets'>
  readonly MariadbSingleUser: Pick<Settings, 'passwordLength' | 'excludeCharacters' | 'excludeLowercase' | 'excludeUppercase' | 'excludeNumbers' | 'excludePunctuation' | 'requireEachIncludedType' | 'databaseCaBundle' | 'updateUrls' | 'usernameCharacterLimit' | 'mariadbPasswordFormat'>
  readonly MariadbDualPassword: Pick<Settings, 'passwordLength' | 'excludeCharacters' | 'excludeLowercase' | 'excludeUppercase' | 'excludeNumbers' | 'excludePunctuation' | 'requireEachIncludedType' | 'databaseCaBundle' | 'updateUrls' | 'usernameCharacterLimit' | 'mariadbPasswordFormat' | 'superuserSecrets'>
  readonly MariadbAlternatingUsers: Pick<Settings, 'passwordLength' | 'excludeCharacters' | 'excludeLowercase' | 'excludeUppercase' | 'excludeNumbers' | 'excludePunctuation' | 'requireEachIncludedType' | 'databaseCaBundle' | 'updateUrls' | 'usernameCharacterLimit' | 'mariadbPasswordFormat' | 'superuserSecrets'>
  readonly SshKey: Pick<Settings, 'sshHosts' | 'sshRsaBits' | 'sshHostKeys' | 'sshKeepFileMode' | 'sshOldKeyHours' | 'adminSecrets'>
  readonly TransferUserKey: Pick<Settings, 'sshRsaBits'>
  readonly ApiKey: Pick<Settings, 'apiKeyProvider' | 'apiKeyProviders' | 'apiKeyHosts' | 'apiKeyPrivateHosts' | 'apiKeyRevokeFirst' | 'adminSecrets' | 'httpCaBundle'>
  readonly IamAccessKey: Pick<Settings, 'iamUserArns'>
  readonly OauthRefreshToken: Pick<Settings, 'oauthProvider' | 'oauthProviders' | 'oauthHosts' | 'oauthPrivateHosts' | 'httpCaBundle'>
  readonly OauthClientCredentials: Pick<Settings, 'oauthProvider' | 'oauthProviders' | 'oauthHosts' | 'oauthPrivateHosts' | 'httpCaBundle'>
  readonly OauthClientSecret: Pick<Settings, 'oauthProvider' | 'oauthProviders' | 'oauthHosts' | 'oauthPrivateHosts' | 'httpCaBundle' | 'oauthRevokeFirst' | 'adminSecrets'>
  readonly GeneratedValue: Pick<Settings, 'passwordLength' | 'excludeCharacters' | 'excludeLowercase' | 'excludeUppercase' | 'excludeNumbers' | 'excludePunctuation' | 'requireEachIncludedType' | 'valueFields' | 'valueFormat' | 'valueBytes' | 'valueAlphabet' | 'valueCheck'>
}
