import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { repositoryPath } from '../support/function-under-test.ts'

const release = inject('release')
const run = promisify(execFile)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyturn-another-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('another checkout of the same files', () => {
  let checkout: string
  beforeAll(async () => {
    checkout = join(folder, 'another', 'checkout')
    const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
    const { stdout } = await run('git', list, { cwd: repositoryPath(''), maxBuffer: 2 ** 24 })
    for (const path of stdout.split('\0').filter(Boolean)) {
      cpSync(repositoryPath(path), join(checkout, path), { force: true })
    }
    const [from, to] = [repositoryPath('node_modules'), join(checkout, 'node_modules')]
    // Links take a second where both are on one disk.
    await run('cp', ['-al', from, to]).catch(async () => {
      rmSync(to, { recursive: true, force: true })
      await run('cp', ['-a', from, to])
    })
  })

  /** Under another umask, in another time zone and language. */
  function made(out: string) {
    const env = { ...process.env, TZ: 'Pacific/Kiritimati', LC_ALL: 'tr_TR.UTF-8', HOME: folder }
    const script = 'umask 077 && exec "$0" release/main.ts --out "$1"'
    return spawnSync('sh', ['-c', script, process.execPath, out], { cwd: checkout, env, encoding: 'utf8' })
  }
  const out = () => join(folder, 'again')
  const filesOf = (place: string) =>
    Object.fromEntries(
      readdirSync(place, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name))
        .map((path) => [path.slice(place.length), createHash('sha256').update(readFileSync(path)).digest('hex')]),
    )

  it('gives the same bytes under another path, umask, time zone and language', () => {
    const { status, stderr } = made(out())
    expect(status, stderr).toBe(0)
    expect(filesOf(out())).toEqual(filesOf(release))
  })

  it('makes no release with a licence that is not allowed, and leaves the release that is there', () => {
    const path = join(checkout, 'node_modules/pg-types/package.json')
    const manifest = JSON.parse(readFileSync(path, 'utf8'))
    // Not written over: it may be a link to the file of this checkout.
    rmSync(path)
    writeFileSync(path, JSON.stringify({ ...manifest, license: 'GPL-3.0-only' }))
    const before = filesOf(out())
    const { status, stderr } = made(out())
    expect(stderr).toContain('There is no release: pg-types 2.2.0 (GPL-3.0-only) would be in a bundle')
    expect(status).toBe(1)
    expect(filesOf(out())).toEqual(before)
    expect(readdirSync(folder).filter((name) => name.startsWith('.again'))).toEqual([])
  })

  it('makes no release in a folder that has something else in it', () => {
    const { status, stderr } = made(checkout)
    expect(stderr).toContain('is not empty and holds no release')
    expect(status).toBe(2)
  })
})
