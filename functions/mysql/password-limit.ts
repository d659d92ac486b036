import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'

/** In bytes: MySQL 9.7 refuses longer ones with caching_sha2_password and sha256_password (tried). */
export const passwordLimit = 256

export function isTooLong(password: string): boolean {
  return Buffer.byteLength(password) > passwordLimit
}

/** @throws RotationError InvalidSecret where the server would refuse the pending password for its length */
export function checkLength(password: string): void {
  if (!isTooLong(password)) return
  const what = say`The password in AWSPENDING is longer than the ${passwordLimit} bytes that MySQL takes.`
  throw new RotationError('InvalidSecret', what, {
    likely: say`AWSPENDING was written by hand.`,
    remedy: say`Remove AWSPENDING with update-secret-version-stage, then rotate again.`,
  })
}
