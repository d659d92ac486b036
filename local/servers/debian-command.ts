import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Runs a program of unpacked Debian packages on the C library that came with it, whatever this machine's is.
 * @param binary relative to the folder
 * @returns the command and its first arguments
 * @throws Error where the loader is not among the packages
 */
export function debianCommand(folder: string, binary: string): [string, ...string[]] {
  const [triplet, name] =
    process.arch === 'arm64'
      ? ['aarch64-linux-gnu', 'ld-linux-aarch64.so.1']
      : ['x86_64-linux-gnu', 'ld-linux-x86-64.so.2']
  const libraries = [join(folder, 'usr', 'lib', triplet), join(folder, 'lib', triplet)]
  const loader = libraries.map((each) => join(each, name)).find(existsSync)
  if (loader === undefined) throw new Error(`There is no ${name} in ${folder}.`)
  return [loader, '--inhibit-cache', '--library-path', libraries.join(':'), join(folder, binary)]
}
