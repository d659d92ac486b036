import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Part } from './part.ts'

/** `PostgresSingleUser.zip` and the like: what Lambda takes as it is. */
export const zips: Part = {
  what: 'a zip for each function',
  async make({ folder, functions }) {
    for (const { id, zip } of functions) await writeFile(join(folder, `${id}.zip`), zip)
  },
}
