import { awsErrors } from '../aws/error-codes.ts'
import { iamErrors } from '../aws/iam-error-codes.ts'
import { transferErrors } from '../aws/transfer-error-codes.ts'
import { databaseErrors } from '../database/error-codes.ts'
import { httpErrors } from '../http/error-codes.ts'
import { oauthErrors } from '../http/oauth-error-codes.ts'
import { networkErrors } from '../network/error-codes.ts'
import { protocolErrors } from '../rotation/error-codes.ts'
import { sshErrors } from '../ssh-protocol/error-codes.ts'

/**
 * Every way a rotation can fail, from one list for each layer, which stands beside what throws it. The list as a whole is
 * closed: alarms, dashboards and run books may rely on it. Functions import its type alone: each has the lists that it needs.
 */
export const errorCatalogue = {
  ...protocolErrors,
  ...awsErrors,
  ...iamErrors,
  ...transferErrors,
  ...networkErrors,
  ...databaseErrors,
  ...sshErrors,
  ...httpErrors,
  ...oauthErrors,
}

export type ErrorCode = keyof typeof errorCatalogue
