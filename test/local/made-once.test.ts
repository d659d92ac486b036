import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { madeOnce } from '../../local/servers/made-once.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const parts = { a: 'one', 'b/c': 'two' }

async function fill(folder: string, texts: Record<string, string> = parts): Promise<void> {
  for (const [path, text] of Object.entries(texts)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

const newFolder = async () => join(await temporaryFolder(), 'cache', 'thing')
const never = () => Promise.reject(new Error('made again'))

async function expectWhole(folder: string): Promise<void> {
  for (const [path, text] of Object.entries(parts)) expect(await readFile(join(folder, path), 'utf8')).toBe(text)
  expect(await readdir(dirname(folder))).toEqual(['thing'])
  expect(await madeOnce(folder, never)).toBe(folder)
}

describe('a folder that is made once', () => {
  it('is made when it is first asked for, and not again', async () => {
    const folder = await newFolder()
    expect(await madeOnce(folder, fill)).toBe(folder)
    await expectWhole(folder)
  })

  it('is not there before it is whole, and a failure to make it leaves nothing behind', async () => {
    const folder = await newFolder()
    const failing = async (half: string) => {
      await fill(half)
      await expect(readdir(folder)).rejects.toThrow('ENOENT')
      throw new Error('the line was cut')
    }
    await expect(madeOnce(folder, failing)).rejects.toThrow('the line was cut')
    expect(await readdir(dirname(folder))).toEqual([])
    await madeOnce(folder, fill)
    await expectWhole(folder)
  })

  it('is whole for everybody, where many make it at once', async () => {
    const folder = await newFolder()
    await Promise.all(Array.from({ length: 8 }, () => madeOnce(folder, fill)))
    await expectWhole(folder)
  })

  for (const [what, spoil] of [
    ['has lost a file', (folder: string) => rm(join(folder, 'b', 'c'))],
    ['has a file that was cut off', (folder: string) => writeFile(join(folder, 'a'), 'on')],
    ['has lost everything', (folder: string) => rm(folder, { recursive: true }).then(() => mkdir(folder))],
    ['was made by something that did not finish', (folder: string) => rm(join(folder, '.whole'))],
  ] as const) {
    it(`is made again where it ${what}, by many at once`, async () => {
      const folder = await newFolder()
      await madeOnce(folder, fill)
      await spoil(folder)
      await Promise.all([madeOnce(folder, fill), madeOnce(folder, fill), madeOnce(folder, fill)])
      await expectWhole(folder)
    })
  }

  it('is made by the next process where the first was killed, whose rest is removed an hour later', async () => {
    const folder = await newFolder()
    const module = fileURLToPath(new URL('../../local/servers/made-once.ts', import.meta.url))
    const script = `import { writeFileSync } from 'node:fs'
      import { madeOnce } from ${JSON.stringify(module)}
      await madeOnce(${JSON.stringify(folder)}, async (half) => {
        writeFileSync(half + '/a', 'half')
        console.log('half-way')
        await new Promise((resolve) => setTimeout(resolve, 60_000))
      })`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'close')
    const [left = ''] = await readdir(dirname(folder))
    await madeOnce(folder, fill)
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe(parts.a)
    // A process that is still at work keeps its folder.
    expect((await readdir(dirname(folder))).toSorted()).toEqual(['thing', left])
    const longAgo = new Date(Date.now() - 2 * 60 * 60_000)
    await utimes(join(dirname(folder), left), longAgo, longAgo)
    await rm(join(folder, 'a'))
    await madeOnce(folder, fill)
    await expectWhole(folder)
  })
})
