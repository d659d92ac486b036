import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type FunctionName, functionNames } from '../../local/embedded/function-names.ts'
import { unpackedZip } from './contents.ts'

/**
 * Writes a function's zip, as Lambda takes it: the very bytes of the release of this version.
 * @param name the function: `PostgresSingleUser`
 * @param folder the folder for the zip, `PostgresSingleUser.zip`; a folder `zips` of this package when left out
 * @returns its path
 * @throws Error where there is no such function, and what writing the file throws
 */
export function functionZip(name: FunctionName, folder: string = join(import.meta.dirname, 'zips')): string {
  const zip = zipOf(name)
  const path = join(resolve(folder), `${name}.zip`)
  try {
    if (readFileSync(path).equals(zip)) return path
  } catch {
    // The zip does not exist yet.
  }
  const half = `${path}.${randomUUID()}`
  mkdirSync(resolve(folder), { recursive: true })
  try {
    // Another process may read the zip at any time, and must find it whole.
    writeFileSync(half, zip)
    renameSync(half, path)
  } finally {
    rmSync(half, { force: true })
  }
  return path
}

function zipOf(name: FunctionName): Uint8Array {
  const content = join(import.meta.dirname, 'zips.br')
  if (!existsSync(content))
    throw new Error(`There is no ${content}. In a checkout name a zip: npm run release puts them into dist.`)
  const zip = unpackedZip(readFileSync(content), name)
  if (zip === undefined) throw new Error(`There is no function ${name}. There is: ${functionNames.join(', ')}.`)
  return zip
}
