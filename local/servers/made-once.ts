import { lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'

/** The file in a folder that is whole, which says how many files and bytes the folder has. */
const seal = '.whole'
const abandonedAfterMs = 60 * 60_000

/** The path of something in the user's cache: below `$XDG_CACHE_HOME/keyturn`, else `~/.cache/keyturn`. */
export function inCache(...path: readonly string[]): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'keyturn', ...path)
}

/**
 * Gives a folder, and makes it the first time. It is made under another name and renamed when it is whole, so
 * that nobody finds half of it, even if a maker is killed or several make it at once. A folder that has lost files since, to a
 * cleaner of temporary folders for example, is made again.
 * @param make fills the empty folder it is given
 */
export async function madeOnce(folder: string, make: (half: string) => Promise<void>): Promise<string> {
  if (await isWhole(folder)) return folder
  await mkdir(dirname(folder), { recursive: true })
  await removeAbandoned(folder)
  const half = await mkdtemp(`${folder}.half-`)
  try {
    const content = join(half, 'content')
    await mkdir(content, { mode: 0o755 })
    await make(content)
    await writeFile(join(content, seal), await measure(content))
    while (!(await moved(content, folder))) {
      // Another process was as fast and has made the same, unless the folder there is damaged.
      if (await isWhole(folder)) break
      await moved(folder, await mkdtemp(join(half, 'spoilt-')))
    }
  } finally {
    await rm(half, { recursive: true, force: true })
  }
  return folder
}

/** Renames a folder. False where the source has gone, or something lies at the destination. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(code)) return false
    throw error
  }
}

async function isWhole(folder: string): Promise<boolean> {
  const expected = await readFile(join(folder, seal), 'utf8').catch(() => undefined)
  // Another process may replace the folder while it is measured.
  return expected !== undefined && expected === (await measure(folder).catch(() => undefined))
}

/** How many files there are, and how many bytes in them. */
async function measure(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => !entry.isDirectory() && entry.name !== seal)
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => (await lstat(join(parentPath, name)).catch(() => undefined))?.size ?? -1),
  )
  return `${files.length} files, ${sizes.reduce((sum, size) => sum + size, 0)} bytes\n`
}

async function removeAbandoned(folder: string): Promise<void> {
  const siblings = await readdir(dirname(folder))
  for (const name of siblings.filter((each) => each.startsWith(`${basename(folder)}.half-`))) {
    const path = join(dirname(folder), name)
    const changed = (await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now()
    if (Date.now() - changed > abandonedAfterMs) await rm(path, { recursive: true, force: true })
  }
}
