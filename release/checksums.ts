import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeSha256 } from './functions.ts'
import type { Part } from './part.ts'

/** The CodeSha256 that Lambda reports of each zip, by version and id: `keyturn doctor` recognises released code by it. */
export const codeHashes: Part = {
  what: 'code-sha256.json',
  async make({ folder, version, functions }) {
    const hashes = Object.fromEntries(functions.map(({ id, zip }) => [id, codeSha256(zip)]))
    await writeFile(join(folder, 'code-sha256.json'), `${JSON.stringify({ [version]: hashes }, undefined, 2)}\n`)
  },
}

/** SHA256SUMS, for `sha256sum -c`: of every file that the parts before have made. */
export const checksums: Part = {
  what: 'SHA256SUMS',
  async make({ folder }) {
    const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ name, parentPath }) => join(parentPath, name).slice(join(folder, '/').length))
      .sort()
    const lines = await Promise.all(
      names.map(async (name) => {
        const digest = createHash('sha256')
          .update(await readFile(join(folder, name)))
          .digest('hex')
        return `${digest}  ${name}\n`
      }),
    )
    await writeFile(join(folder, 'SHA256SUMS'), lines.join(''))
  },
}
