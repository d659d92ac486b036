import type { RotationContext } from '../../shared/rotation/context.ts'
import type { SshConnection } from '../../shared/ssh-protocol/connection.ts'
import { type Doors, doorsOf } from '../../shared/ssh-protocol/doors.ts'
import { type Sftp, sftpOf } from './sftp.ts'

/** How hosts are reached, and files on them. */
export interface Reach {
  doors(context: RotationContext): Doors
  /** Opens SFTP. Rejects with what ssh2 says. */
  files(connection: SshConnection): Promise<Sftp>
}

export const overSsh: Reach = {
  doors: doorsOf,
  files: async (connection) => sftpOf(await connection.sftp()),
}
