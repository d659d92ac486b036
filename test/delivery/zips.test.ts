import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { idOf } from '../../template/row.ts'
import { rows } from '../../template/rows.ts'

const release = inject('release')
const ids = rows.map(idOf).sort()

describe('a release has', () => {
  it('a zip and an SBOM for each function, and none besides', () => {
    const names = readdirSync(release)
    expect(names.filter((name) => name.endsWith('.zip')).sort()).toEqual(ids.map((id) => `${id}.zip`))
    expect(names.filter((name) => name.endsWith('.cdx.json')).sort()).toEqual(ids.map((id) => `${id}.cdx.json`))
  })

  it('the digest of each zip as Lambda reports it', () => {
    const { [packageJson.version]: hashes, ...others } = JSON.parse(
      readFileSync(join(release, 'code-sha256.json'), 'utf8'),
    )
    expect(others).toEqual({})
    const wanted = ids.map((id) => [
      id,
      createHash('sha256')
        .update(readFileSync(join(release, `${id}.zip`)))
        .digest('base64'),
    ])
    expect(hashes).toEqual(Object.fromEntries(wanted))
  })
})
