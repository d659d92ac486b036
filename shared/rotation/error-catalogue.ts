/**
 * Every way a rotation can fail. The list is closed: alarms, dashboards and run books may rely on it.
 * `cause` and `remedy` are the general ones of a code; a place that knows better says so itself.
 * `retryable` says whether running the same step again, with nothing else changed, can succeed.
 */
export const errorCatalogue = {
  InvalidEvent: {
    cause: 'The function was not invoked by Secrets Manager, or with a hand-made event.',
    remedy: 'Start the rotation with rotate-secret, or send an event like those in events/.',
    retryable: false,
  },
  InvalidStep: {
    cause: 'One AWS page prints the steps in snake_case, but Secrets Manager sends them in camelCase.',
    remedy: 'Use createSecret, setSecret, testSecret or finishSecret.',
    retryable: false,
  },
  InvalidConfiguration: {
    cause: "One of the function's environment variables has a value that cannot be used.",
    remedy: 'Correct the variable that is named above.',
    retryable: false,
  },
  RotationNotEnabled: {
    cause: 'Rotation was cancelled, or never configured, for this secret.',
    remedy: 'Configure rotation with rotate-secret and this function.',
    retryable: false,
  },
  UnknownVersion: {
    cause: 'The event is old, or the version was replaced by a manual change of the secret while it rotated.',
    remedy: 'Start a new rotation with rotate-secret; do not replay old events.',
    retryable: false,
  },
  NotPending: {
    cause: 'The event is old, or AWSPENDING was moved or removed by hand while the secret rotated.',
    remedy: 'Start a new rotation with rotate-secret; list-secret-version-ids shows which version is pending now.',
    retryable: false,
  },
  VersionMissing: {
    cause: 'The version holds no value: createSecret has not run for it, or the value was deleted.',
    remedy: 'Run createSecret first; if AWSPENDING is left over, remove it with update-secret-version-stage.',
    retryable: true,
  },
  VersionConflict: {
    cause: 'Another process changed the versions of the secret at the same moment.',
    remedy: 'Nothing, if a later attempt succeeds; else look for who else writes to the secret.',
    retryable: true,
  },
  InvalidSecret: {
    cause: 'The secret was written by hand or for another kind of function.',
    remedy: 'Put a corrected value with put-secret-value. The README lists the fields of each kind of secret.',
    retryable: false,
  },
  SecretNotFound: {
    cause: 'The secret was deleted, or the name or ARN is wrong.',
    remedy: 'Restore the secret with restore-secret, or correct the ARN.',
    retryable: false,
  },
  AccessDenied: {
    cause: "The function's role, the secret's resource policy or a VPC endpoint policy does not allow the call.",
    remedy: "Allow the call that is named above on this secret's ARN.",
    retryable: false,
  },
  KmsAccessDenied: {
    cause: "The function's role may not use the KMS key of the secret, or the key is disabled.",
    remedy: "Allow kms:Decrypt and kms:GenerateDataKey on the key, with this secret's encryption context.",
    retryable: false,
  },
  SecretsManagerUnreachable: {
    cause: 'A function in a VPC has no route to Secrets Manager: no endpoint, no NAT, or a security group in the way.',
    remedy: "Give the function's subnets an interface endpoint for Secrets Manager (or NAT) that admits port 443.",
    retryable: true,
  },
  SecretsManagerFailed: {
    cause: 'Secrets Manager throttled the call or had a fault of its own, and went on doing so when it was repeated.',
    remedy: 'Wait: Secrets Manager tries the rotation again. If it lasts, rotate fewer secrets at the same time.',
    retryable: true,
  },
  PendingMismatch: {
    cause: 'AWSPENDING was written by hand, or AWSCURRENT was changed after the rotation began.',
    remedy: 'If AWSCURRENT logs in, remove AWSPENDING with update-secret-version-stage, then rotate again.',
    retryable: false,
  },
  SuperuserMismatch: {
    cause: '`masterarn` names the superuser of another server than the one of this secret.',
    remedy: 'Point `masterarn` at the superuser secret of the same server; host and port must be equal.',
    retryable: false,
  },
  NameTooLong: {
    cause: 'The name of the second login is the name of the first with _clone appended.',
    remedy: 'Use a shorter user name for this secret, or the single-user strategy.',
    retryable: false,
  },
  Unreachable: {
    cause: 'A security group, a route, a stopped server or a wrong host or port in the secret.',
    remedy: "Check host and port, and that the server's security group admits the function's.",
    retryable: true,
  },
  NoAnswer: {
    cause:
      'Something accepts connections there but is no healthy database: a load balancer, a wrong port, a hung server.',
    remedy: 'Check host and port, and the health of the server.',
    retryable: true,
  },
  ServerNotReady: {
    cause: 'The server is starting, stopping or recovering.',
    remedy: 'Wait until it accepts connections; Secrets Manager tries the rotation again.',
    retryable: true,
  },
  TlsUnavailable: {
    cause: 'TLS is not set up on the server, or the port is that of something else.',
    remedy: 'Set up TLS on the server. If you accept clear text on this network, put "ssl": false into the secret.',
    retryable: false,
  },
  TlsRequired: {
    cause: 'The server refuses connections without TLS, or from this address or for this user (pg_hba.conf).',
    remedy: 'Remove "ssl": false from the secret, or let this user in from the function\'s address.',
    retryable: false,
  },
  CertificateUntrusted: {
    cause: "The server's certificate is signed by an authority that the function does not know, or has expired.",
    remedy: 'Set DATABASE_CA_BUNDLE to the PEM file of the authority, or renew the certificate.',
    retryable: false,
  },
  CertificateNameMismatch: {
    cause: 'The host in the secret is an alias (CNAME) or an address that the certificate does not name.',
    remedy: "Use the server's own name as host, or name it in the secret's field tlsServerName.",
    retryable: false,
  },
  LoginRefused: {
    cause:
      'The password was changed, by hand or by another secret of the same user; or there is no such user; or it has expired (VALID UNTIL).',
    remedy:
      'Put a value that logs in with put-secret-value, then rotate again. An older version may hold it: list-secret-version-ids --include-deprecated.',
    retryable: false,
  },
  LoginLocked: {
    cause: 'The role was made NOLOGIN, or the account was locked.',
    remedy: 'Unlock it (PostgreSQL: ALTER ROLE ... LOGIN), then rotate again.',
    retryable: false,
  },
  LoginExpired: {
    cause: "The role's VALID UNTIL lies in the past, so that nobody can log in as it.",
    remedy: "Set a new date (ALTER ROLE ... VALID UNTIL 'infinity'), then rotate again.",
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
  MissingPrivilege: {
    cause: 'The login that has to make the change lacks a privilege.',
    remedy: 'Run the statement that is named above as an administrator.',
    retryable: false,
  },
  NotATwin: {
    cause: 'A role of that name exists already, for another purpose or with more rights.',
    remedy: 'Rename that role, take away what it has beyond the other, or use the single-user strategy.',
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
  TimedOut: {
    cause: 'Something outside answered too slowly, or the timeout of the function is too short.',
    remedy: 'Give the function 30 seconds or more; check the network to what is named above.',
    retryable: true,
  },
  Internal: {
    cause: 'A defect in the function.',
    remedy: 'Report it, with the class of the error and the stack; the old credential was left as it is.',
    retryable: true,
  },
} as const satisfies Record<string, { cause: string; remedy: string; retryable: boolean }>

export type ErrorCode = keyof typeof errorCatalogue
