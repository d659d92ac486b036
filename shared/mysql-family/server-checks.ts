import { address } from '../database/secret.ts'
import { RotationError } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import type { ServerConnection } from './connection.ts'

const titles = { mysql: 'MySQL', mariadb: 'MariaDB' }

/** @throws RotationError WrongServer where it is the other one of the two */
export function checkServer(wanted: keyof typeof titles, { login, version }: ServerConnection): void {
  const found = version.includes('MariaDB') ? 'mariadb' : 'mysql'
  if (found === wanted) return
  const what = say`${address(login)} is ${ours(titles[found])} (${version}), and the function is for ${ours(titles[wanted])}.`
  throw new RotationError('WrongServer', what, {
    remedy: say`Rotate the secret with the function for ${ours(titles[found])}; its "engine" is then "${ours(found)}".`,
  })
}

/** @throws RotationError ReadOnlyServer, before anything is tried: an administrator could change some servers all the same */
export function checkWritable({ login, readOnly }: ServerConnection): void {
  if (!readOnly) return
  throw new RotationError('ReadOnlyServer', say`${address(login)} takes no changes (read_only or innodb_read_only).`)
}
