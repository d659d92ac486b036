import type { Step } from '../../shared/rotation/event.ts'

// Every number of calls that a test or a page of docs states, by function and case. A number that changes is changed here alone.

/** Calls of Secrets Manager in a whole rotation. */
export interface RotationCalls {
  readonly all: number
  /** How many of them had to wait for another one to end. */
  readonly inTurn: number
}

/**
 * The eleven of most functions: createSecret describes the secret, reads AWSCURRENT and AWSPENDING, and stores a value; setSecret
 * describes it and reads both; testSecret describes it and reads AWSPENDING; finishSecret describes it and moves AWSCURRENT.
 * `usual` is what `npm run bench` measures, and docs/measurements.md says.
 */
export const rotationCalls = {
  // createSecret reads AWSPREVIOUS as well, whose key goes; setSecret only describes the secret, since nothing is left to set.
  ApiKey: { usual: { all: 10, inTurn: 7 }, withOurValue: 11, withAdmin: 11 },
  // setSecret only describes the secret: there is no target.
  GeneratedValue: { usual: { all: 9, inTurn: 6 } },
  // As ApiKey, and testSecret compares the user with that of AWSCURRENT.
  IamAccessKey: { usual: { all: 11, inTurn: 8 } },
  // One more than MySQL's: testSecret reads AWSCURRENT too, once AWSPENDING has logged in. Neither login can see what the other may do.
  MariadbAlternatingUsers: { usual: { all: 13, inTurn: 8 } },
  // The superuser's secret is the twelfth, and has to wait for AWSCURRENT, which says which one it is.
  MariadbDualPassword: { usual: { all: 12, inTurn: 7 }, byItself: { all: 11, inTurn: 6 } },
  MariadbSingleUser: { usual: { all: 11, inTurn: 6 } },
  MysqlAlternatingUsers: { usual: { all: 12, inTurn: 7 } },
  MysqlDualPassword: { usual: { all: 11, inTurn: 6 }, bySuperuser: { all: 12, inTurn: 7 } },
  MysqlSingleUser: { usual: { all: 11, inTurn: 6 } },
  // Three more for the claim: its label is put on, looked at by all runs, and that of the rotation before taken off.
  OauthRefreshToken: { usual: 13, withoutClaim: 10 },
  PostgresAlternatingUsers: { usual: { all: 12, inTurn: 7 } },
  PostgresSingleUser: { usual: { all: 11, inTurn: 6 } },
  SshKey: { usual: { all: 11, inTurn: 6 }, withAdmin: 12 },
  TransferUserKey: { usual: { all: 11, inTurn: 6 } },
} as const

/** Calls of Secrets Manager, of the target and of services in each step, of which the crash runner kills each one. */
export const stepCalls = {
  ApiKey: { usual: { createSecret: 8, testSecret: 3 }, withOurValue: { createSecret: 4, setSecret: 7, testSecret: 3 } },
  GeneratedValue: { usual: { createSecret: 4, setSecret: 1, testSecret: 2, finishSecret: 2 } },
  IamAccessKey: { usual: { createSecret: 10, testSecret: 5 } },
  MariadbAlternatingUsers: {
    // With two hosts, options and grants, which the clone is given statement by statement.
    withGrants: { createSecret: 4, setSecret: 30, testSecret: 13, finishSecret: 2 },
    existingClone: { setSecret: 17 },
  },
  MariadbDualPassword: {
    usual: { createSecret: 4, setSecret: 16, testSecret: 5, finishSecret: 2 },
    byItself: { setSecret: 12 },
  },
  MariadbSingleUser: { usual: { createSecret: 4, setSecret: 8, testSecret: 5, finishSecret: 2 } },
  MysqlAlternatingUsers: {
    usual: { createSecret: 4, setSecret: 22, testSecret: 6, finishSecret: 2 },
    existingClone: { setSecret: 18 },
  },
  MysqlDualPassword: {
    usual: { createSecret: 4, setSecret: 10, testSecret: 5, finishSecret: 2 },
    bySuperuser: { setSecret: 16 },
  },
  MysqlSingleUser: { usual: { createSecret: 4, setSecret: 9, testSecret: 5, finishSecret: 2 } },
  OauthClientSecret: { usual: { createSecret: 9, testSecret: 3 } },
  // The last but one is the token request, the last one the store.
  OauthRefreshToken: { usual: { createSecret: 9 } },
  PostgresAlternatingUsers: { usual: { createSecret: 4, setSecret: 9, testSecret: 4, finishSecret: 2 } },
  PostgresSingleUser: { usual: { createSecret: 4, setSecret: 5, testSecret: 3, finishSecret: 2 } },
  // Of these 35 are operations of SFTP.
  SshKey: { usual: { createSecret: 4, setSecret: 40, testSecret: 3, finishSecret: 2 } },
  TransferUserKey: { usual: { createSecret: 4, setSecret: 6, testSecret: 3, finishSecret: 2 } },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Partial<Record<Step, number>>>>>>

/** How many secrets ListSecrets gives in one call: what Overdue and `keyturn status --all` take. */
export const secretsPerCall = 100
