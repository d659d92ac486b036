import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, cpSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { discoverFunctions, overdueModule } from '../../local/functions.ts'
import { bundleFunction } from '../../local/secrets-manager/functions/bundle.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { idOf } from '../../template/row.ts'
import { rows } from '../../template/rows.ts'
import { repositoryPath } from '../support/function-under-test.ts'
import { docsBlock } from './docs-block.ts'
import { unpacked } from './unpacked.ts'

const release = inject('release')
const modules = { ...(await discoverFunctions()), Overdue: overdueModule }
const ids = [...rows.map(idOf), 'Overdue'].sort()
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyturn-zips-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a release has', () => {
  it('a zip and an SBOM for each function, and none besides', () => {
    const names = readdirSync(release)
    expect(names.filter((name) => name.endsWith('.zip')).sort()).toEqual(ids.map((id) => `${id}.zip`))
    expect(names.filter((name) => name.endsWith('.cdx.json')).sort()).toEqual(ids.map((id) => `${id}.cdx.json`))
  })

  it('the digest of each zip as Lambda reports it', () => {
    const hashes = JSON.parse(readFileSync(join(release, 'code-sha256.json'), 'utf8'))
    const wanted = ids.map((id) => [id, sha256(readFileSync(join(release, `${id}.zip`))).digest('base64')])
    expect(hashes).toEqual({ [packageJson.version]: Object.fromEntries(wanted) })
  })

  it('sums of all its files, which sha256sum checks', () => {
    const copy = join(folder, 'copy')
    cpSync(release, copy, { recursive: true })
    const check = () => spawnSync('bash', ['-euc', docsBlock('release-check')], { cwd: copy, encoding: 'utf8' })
    const { status, stdout } = check()
    expect(status).toBe(0)
    const files = readdirSync(release, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    expect(stdout.match(/: OK$/gm)).toHaveLength(files.length - 1)
    appendFileSync(join(copy, 'SshKey.zip'), ' ')
    expect(check()).toMatchObject({ status: 1, stdout: expect.stringContaining('SshKey.zip: FAILED') })
  })
})

describe('a zip has', () => {
  it.each(Object.entries(modules))('the bundle of %s, its source map and a NOTICE', async (id, entry) => {
    await using zip = await unpacked(id)
    const file = basename(entry, '.ts')
    expect(readdirSync(zip.folder).sort()).toEqual(['NOTICE', `${file}.cjs`, `${file}.cjs.map`])
    const tested = join(folder, `${id}.cjs`)
    await bundleFunction(entry, tested)
    const text = readFileSync(join(zip.folder, `${file}.cjs`), 'utf8')
    expect(text).toBe(`${readFileSync(tested, 'utf8')}//# sourceMappingURL=${file}.cjs.map\n`)
    const map = JSON.parse(readFileSync(join(zip.folder, `${file}.cjs.map`), 'utf8'))
    expect(map.sourcesContent).toBeUndefined()
  })

  it.each(ids)('the licence of everything in %s, in the words of its packages', async (id) => {
    await using zip = await unpacked(id)
    const notice = readFileSync(join(zip.folder, 'NOTICE'), 'utf8')
    const sbom = JSON.parse(readFileSync(join(release, `${id}.cdx.json`), 'utf8'))
    const { components }: { components: { name: string; group?: string; version: string }[] } = sbom
    const [, without = ''] = notice.split('These packages come without a file of their licence')
    for (const { name, group, version } of components) {
      const full = group === undefined ? name : `${group}/${name}`
      const line = `\n${full} ${version}, `
      expect(notice).toContain(line)
      const place = repositoryPath(`node_modules/${full}`)
      const [file] = readdirSync(place).filter((each) => /^licen[cs]e/i.test(each))
      if (file === undefined) expect(without).toContain(line)
      else expect(notice).toContain(readFileSync(join(place, file), 'utf8').replaceAll('\r\n', '\n').trim())
    }
    expect(components.length).toBeGreaterThan(10)
    expect(notice).toContain(readFileSync(repositoryPath('LICENSE'), 'utf8').trim())
  })
})
