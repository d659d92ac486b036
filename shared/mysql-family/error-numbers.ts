import type { ErrorCode } from '../errors/catalogue.ts'

/**
 * Numbers of the server's errors (MySQL manual, "Server Error Message Reference"; MariaDB: "MariaDB Error Codes"). The
 * texts depend on the server's language; these do not.
 */
const numbers: readonly (readonly [ErrorCode, readonly number[]])[] = [
  ['LoginRefused', [1045, 1698]],
  ['DatabaseMissing', [1049]],
  ['ConnectionLimit', [1040, 1203, 1226]],
  ['ServerNotReady', [1053, 3032]],
  ['TlsRequired', [1130, 3159]],
  ['LoginLocked', [1129, 3118, 3955, 4150, 4151, 4163]],
  ['LoginExpired', [1820, 1862, 4191]],
  ['ReadOnlyServer', [1290, 1792, 1836]],
  ['MissingPrivilege', [1044, 1142, 1143, 1227, 1370, 1410, 3530]],
  ['NameTooLong', [1470]],
  ['PasswordRejected', [1819, 3638, 3892, 4165]],
  ['TimedOut', [1205, 1969, 3024]],
]

export function codeOf(errno: number): ErrorCode {
  return numbers.find(([, several]) => several.includes(errno))?.[0] ?? 'DatabaseFailed'
}
