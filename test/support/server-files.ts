import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { giveToServer } from '../../local/servers/server-user.ts'

/** A folder with files that a server can read, and nobody else. */
export async function serverFiles<Name extends string>(
  files: Readonly<Record<Name, string>>,
): Promise<{ readonly paths: Readonly<Record<Name, string>> } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-server-files-'))
  await chmod(folder, 0o755)
  const paths = {} as Record<Name, string>
  for (const name of Object.keys(files) as Name[]) {
    const [path, text] = [join(folder, name), files[name]]
    paths[name] = path
    await writeFile(path, text, { mode: 0o600 })
    await giveToServer(path)
  }
  return { paths, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}
