import { rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RotationError } from '../../../shared/errors/rotation-error.ts'
import { say } from '../../../shared/errors/words.ts'
import { rotationHandler } from '../../../shared/rotation-handler.ts'

/** A kind of secret whose values are files: they are outside, and can be counted. What create is to do stands in the value. */
export const handler = rotationHandler(({ MINT = '' }) => ({
  overlap: true,
  parse: (text) => text,
  serialize: (text) => text,
  sensitive: (text) => [text],
  async create(versions, context) {
    const key = Buffer.from(context.randomBytes(12)).toString('hex')
    await writeFile(join(MINT, key), '')
    for (const text of await versions.labelledByOthers()) await writeFile(join(MINT, `in-use-${text}`), '')
    const waits = await stat(join(MINT, 'wait')).catch(() => undefined)
    while (waits !== undefined && !(await versions.isStored())) await context.sleep(20)
    if (waits === undefined) return key
    throw new RotationError('VersionConflict', say`There is no room for another key.`)
  },
  async discard(key) {
    if (await stat(join(MINT, 'keep')).catch(() => undefined)) throw new Error(`cannot remove ${key}`)
    await rm(join(MINT, key))
  },
  async test() {},
}))
