import { chown, cp, readdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { madeOnce } from './made-once.ts'

const nobody = 65_534

/** The user that servers run as where this process is root, because they refuse to run as root; undefined elsewhere. */
export const serverUser: { readonly uid: number; readonly gid: number } | undefined =
  process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : undefined

/** Gives a file or a whole folder to the user that servers run as. */
export async function giveToServer(path: string): Promise<void> {
  if (serverUser === undefined) return
  const { uid, gid } = serverUser
  const inside = (await stat(path)).isDirectory() ? await readdir(path, { recursive: true }) : []
  await Promise.all([path, ...inside.map((each) => join(path, each))].map((each) => chown(each, uid, gid)))
}

/**
 * Gives a folder that the server's user can read: the same one, or a copy where a folder above it is closed to that user, as
 * root's home is.
 * @param name the copy's name, with the version of its content
 */
export async function readableByServer(folder: string, name: string): Promise<string> {
  if (serverUser === undefined || (await openToAll(folder))) return folder
  const copy = join(tmpdir(), `keyturn-${name}`)
  const owner = (await stat(copy).catch(() => undefined))?.uid
  if (owner !== undefined && owner !== 0) throw new Error(`${copy} belongs to somebody else: remove it.`)
  return madeOnce(copy, (half) => cp(folder, half, { recursive: true, verbatimSymlinks: true }))
}

async function openToAll(path: string): Promise<boolean> {
  if (((await stat(path)).mode & 0o005) !== 0o005) return false
  return path === dirname(path) || openToAll(dirname(path))
}
