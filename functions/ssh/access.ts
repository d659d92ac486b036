import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import type { SshConnection } from '../../shared/ssh-protocol/connection.ts'
import { credentialsIn, type Doors, doorsOf } from '../../shared/ssh-protocol/doors.ts'
import type { Credentials } from '../../shared/ssh-protocol/login.ts'
import type { PrivateKey } from '../../shared/ssh-protocol/private-key.ts'
import { type Sftp, sftpOf } from './sftp.ts'
import type { SshTarget } from './target.ts'

/** The ways to hosts, and to the files there. */
export interface FileDoors extends Doors {
  /** Opens SFTP. Rejects with what ssh2 says. */
  files(connection: SshConnection): Promise<Sftp>
}

/** How hosts are reached, and files on them. */
export type Reach = (context: RotationContext) => FileDoors

/** Reaches hosts over the network, as the deployed function does. */
export const overSsh: Reach = (context) => ({
  ...doorsOf(context),
  files: async (connection) => sftpOf(await connection.sftp()),
})

/** What it takes to change the file of an account. */
export interface Access {
  readonly context: RotationContext
  readonly doors: FileDoors
  /** Of the account, also where the credentials are an admin's. */
  readonly username: string
  readonly credentials: Credentials
  /** Undefined for an account that has no key yet. */
  readonly current: PrivateKey | undefined
  /** Of AWSPREVIOUS, which is read when it is needed: for hosts that were left behind, and at the first rotation. */
  previous(): Promise<PrivateKey | undefined>
}

/**
 * The admin's key where there is one, else the current one.
 * @throws RotationError InvalidSecret, and what reading the admin's secret throws
 */
export async function credentialsFor(
  { username, adminSecretArn: arn }: SshTarget,
  current: PrivateKey | undefined,
  context: RotationContext,
): Promise<Credentials> {
  if (arn === undefined) {
    if (current !== undefined) return { username, key: current }
    throw new RotationError('InvalidSecret', say`The secret has no private key yet, so nothing lets the function in.`, {
      remedy: say`Put a key that logs in into the secret, or name in admin_secret_arn the secret of an account that may write the file.`,
    })
  }
  if (arn === context.secretId)
    throw new RotationError('InvalidSecret', say`"admin_secret_arn" names the secret itself.`)
  return credentialsIn(arn, username, context)
}
