import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Spec, Validation } from '@cyclonedx/cyclonedx-library'
import { describe, expect, inject, it } from 'vitest'
import { idOf } from '../../template/row.ts'
import { rows } from '../../template/rows.ts'
import { repositoryPath } from '../support/function-under-test.ts'
import { unpacked } from './unpacked.ts'

const release = inject('release')
const ids = [...rows.map(idOf), 'Overdue']
const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6)
const lock: { packages: Record<string, { version: string; integrity: string }> } = JSON.parse(
  readFileSync(repositoryPath('package-lock.json'), 'utf8'),
)

interface Component {
  readonly name: string
  readonly group?: string
  readonly version: string
  readonly purl: string
  readonly hashes: readonly { readonly alg: string; readonly content: string }[]
  readonly licenses: readonly { readonly license: { readonly id: string } }[]
}

function sbomOf(id: string) {
  const text = readFileSync(join(release, `${id}.cdx.json`), 'utf8')
  const parsed: { components: Component[]; metadata: { component: Component }; serialNumber: string } = JSON.parse(text)
  return { ...parsed, text }
}

const nameOf = ({ group, name }: Component) => (group === undefined ? name : `${group}/${name}`)

/** The folders of packages that the source map of a bundle names: what esbuild really took something of. */
async function packagesInMap(id: string): Promise<string[]> {
  await using zip = await unpacked(id)
  const [map = ''] = readdirSync(zip.folder).filter((name) => name.endsWith('.map'))
  const { sources }: { sources: string[] } = JSON.parse(readFileSync(join(zip.folder, map), 'utf8'))
  const folders = sources.flatMap(
    (path) => /node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [],
  )
  return [...new Set(folders)].sort()
}

describe('an SBOM', () => {
  it.each(ids)("of %s follows CycloneDX's own schema", async (id) => {
    const problems = await validator.validate(sbomOf(id).text)
    expect(problems).toBeNull()
  })

  it.each(ids)('of %s names the packages that its bundle has parts of, and no other', async (id) => {
    const { components } = sbomOf(id)
    const inMap = await packagesInMap(id)
    expect(components.map(nameOf).sort()).toEqual(inMap.map((folder) => folder.replace(/^.*node_modules\//, '')).sort())
    for (const folder of inMap) {
      const { version = '', integrity = '' } = lock.packages[folder] ?? {}
      const found = components.find(
        (each) => folder.endsWith(`node_modules/${nameOf(each)}`) && each.version === version,
      )
      const content = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex')
      expect(found, folder).toMatchObject({ hashes: [{ alg: 'SHA-512', content }] })
      expect(found?.licenses[0]?.license.id, folder).toMatch(/^(MIT|MIT-0|ISC|Apache-2\.0|BSD-\d-Clause|0BSD)$/)
    }
  })

  it('names the zip by its digest, and no two have the same number', () => {
    const all = ids.map((id) => ({ id, ...sbomOf(id) }))
    for (const { id, metadata } of all) {
      const content = createHash('sha256')
        .update(readFileSync(join(release, `${id}.zip`)))
        .digest('hex')
      expect(metadata.component).toMatchObject({ name: id, hashes: [{ alg: 'SHA-256', content }] })
    }
    expect(new Set(all.map(({ serialNumber }) => serialNumber)).size).toBe(ids.length)
  })
})
