import { appendFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { growingFile } from '../../local/servers/growing-file.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

it('a file that grows is read whole, wherever it was cut, and stays read when it is removed', async () => {
  const path = join(await temporaryFolder(), 'log')
  const read = growingFile(path)
  expect(read()).toBe('')
  // Longer than what is read at once, and each piece ends within a character.
  const text = '1é名'.repeat(30_000)
  const bytes = Buffer.from(text)
  await writeFile(path, '')
  for (const [from, to] of [[0, 2] as const, [2, 100_001] as const, [100_001, bytes.length] as const]) {
    await appendFile(path, bytes.subarray(from, to))
    expect(text.startsWith(read())).toBe(true)
  }
  expect(read()).toBe(text)
  await rm(path)
  expect(read()).toBe(text)
})
