import { generalErrors } from '../errors/general-error.ts'

/** What a database, or what its secret says, can fail with. */
export const databaseErrors = generalErrors({
  PendingMismatch: {
    cause: 'AWSPENDING was written by hand, or AWSCURRENT was changed after the rotation began.',
    remedy: 'If AWSCURRENT logs in, remove AWSPENDING with update-secret-version-stage, then rotate again.',
    retryable: false,
  },
  SuperuserMismatch: {
    cause: '`masterarn` names the superuser of another server, or the host of one of the two secrets is an alias.',
    remedy:
      "Point `masterarn` at the superuser secret of the same server: host and port must be equal. For a replica, both hosts must be RDS's own endpoints.",
    retryable: false,
  },
  NameTooLong: {
    cause: 'The name of the second login is the name of the first with _clone appended.',
    remedy: 'Use a shorter user name for this secret, or the single-user strategy.',
    retryable: false,
  },
  ServerNotReady: {
    cause: 'The server is starting, stopping or recovering.',
    remedy: 'Wait until it accepts connections; Secrets Manager tries the rotation again.',
    retryable: true,
  },
  TlsRequired: {
    cause:
      'The server refuses connections without TLS, or from this address or for this user (pg_hba.conf, the host of an account).',
    remedy: 'Remove "ssl": false from the secret, or let this user in from the function\'s address.',
    retryable: false,
  },
  AddressRefused: {
    cause:
      "The server lets this user in from other addresses only, or not to this database (PostgreSQL: pg_hba.conf; MySQL, MariaDB: the account's host).",
    remedy: "Let this user in from the function's address; pg_hba_file_rules shows what PostgreSQL goes by.",
    retryable: false,
  },
  LoginRefused: {
    cause:
      'The password was changed, by hand or by another secret of the same user; or there is no such user (MySQL: at this host); or it has expired (VALID UNTIL).',
    remedy:
      'Put a value that logs in with put-secret-value, then rotate again. An older version may hold it: list-secret-version-ids --include-deprecated.',
    retryable: false,
  },
  LoginLocked: {
    cause: "The role was made NOLOGIN, the account was locked, or the server has blocked the function's address.",
    remedy:
      'Unlock it (ALTER ROLE ... LOGIN, ALTER USER ... ACCOUNT UNLOCK; FLUSH HOSTS for an address), then rotate again.',
    retryable: false,
  },
  LoginExpired: {
    cause: "The role's VALID UNTIL lies in the past, or the account's password has expired (PASSWORD EXPIRE).",
    remedy:
      'Set a new date (ALTER ROLE ... VALID UNTIL); or as an administrator another password (ALTER USER ... IDENTIFIED BY), and put it into the secret with put-secret-value. Then rotate again.',
    retryable: false,
  },
  LoginMethod: {
    cause: 'The account logs in by something else than a password that this function can change.',
    remedy: 'Give the account a password, or do not rotate it with this function.',
    retryable: false,
  },
  ConnectionLimit: {
    cause: 'All connections that the server, the database or the role may have are in use.',
    remedy: 'Wait for connections to end or raise the limit. The old login goes on working.',
    retryable: true,
  },
  DatabaseMissing: {
    cause: 'The database was dropped or renamed, or the name is wrong.',
    remedy: 'Correct dbname in the secret.',
    retryable: false,
  },
  ReadOnlyServer: {
    cause: 'The host is a standby or a reader endpoint; logins can only be changed on the primary.',
    remedy: "Use the primary's (writer's) host name in the secret.",
    retryable: false,
  },
  ReplicaBehind: {
    cause: 'The host of the secret is a read replica that has not replayed the change of the password yet.',
    remedy: 'Nothing, if a later attempt succeeds; else look at the replica lag, and whether replication has stopped.',
    retryable: true,
  },
  WrongServer: {
    cause: 'The secret is rotated by the function of another engine.',
    remedy: 'Rotate it with the function of the engine that runs there, or correct host and port.',
    retryable: false,
  },
  UnsupportedServer: {
    cause: 'The server is older than what the strategy rests on.',
    remedy: 'Use another strategy, or a newer server.',
    retryable: false,
  },
  PasswordRejected: {
    cause: "The server's rules for passwords do not allow the generated one.",
    remedy: "Set the function's password variables to what the rules ask for, then start a new rotation.",
    retryable: false,
  },
  NotPrimary: {
    cause:
      'The password was changed at the server; or a rotation was dropped after setSecret, with AWSPENDING removed or replaced.',
    remedy:
      'Put the value whose password was set last with put-secret-value: list-secret-version-ids --include-deprecated shows all versions, get-secret-value --version-id reads one. Or, to stay with AWSCURRENT, as an administrator ALTER USER ... IDENTIFIED BY its password. Then rotate again.',
    retryable: false,
  },
  SeveralAccounts: {
    cause:
      'One user name has accounts for several hosts, and a login that changes its own password changes the account alone that it has logged in to.',
    remedy:
      'Rotate the secret with dual-password and "masterarn", which changes all accounts of the name; or give each host a user name and a secret of its own.',
    retryable: false,
  },
  MissingPrivilege: {
    cause: 'The login that has to make the change lacks a privilege.',
    remedy: 'Run the statement that is named above as an administrator.',
    retryable: false,
  },
  NotAClone: {
    cause: 'A role or an account of that name exists already, for another purpose or with more rights.',
    remedy: 'Rename it, take away what it has beyond the other, or use the single-user strategy.',
    retryable: false,
  },
  PrivilegesDiffer: {
    cause: 'A grant, attribute or setting of one login was changed without the other.',
    remedy: 'Run the rotation again: setSecret makes the two equal.',
    retryable: true,
  },
  DatabaseFailed: {
    cause: 'The server refused a statement for a reason that is particular to it.',
    remedy: "Look the code up in the server's manual and the time in the server's log.",
    retryable: true,
  },
})
