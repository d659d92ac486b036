import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BundledFunction } from './functions.ts'
import type { BundledPackage } from './packages.ts'
import type { Part } from './part.ts'

/** `PostgresSingleUser.cdx.json` and the like: what is in a zip, in CycloneDX (https://cyclonedx.org/docs/1.6/json/). */
export const sboms: Part = {
  what: 'an SBOM for each zip',
  async make({ folder, version, functions }) {
    for (const each of functions)
      await writeFile(join(folder, `${each.id}.cdx.json`), `${JSON.stringify(sbomOf(each, version), undefined, 2)}\n`)
  },
}

/** The SBOM has no time, and its number follows from the zip: the same zip has the same SBOM. */
function sbomOf({ id, zip, packages }: BundledFunction, version: string) {
  const sha256 = createHash('sha256').update(zip).digest('hex')
  const own = `pkg:npm/keyturn@${version}#${id}`
  const refs = new Map(packages.map((each) => [each.folder, purlOf(each)]))
  const refsOf = (folders: readonly string[]) => folders.flatMap((folder) => refs.get(folder) ?? []).sort()
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(sha256)}`,
    version: 1,
    metadata: {
      lifecycles: [{ phase: 'build' }],
      component: {
        type: 'application',
        'bom-ref': own,
        name: id,
        version,
        description: `Function ${id} of Keyturn, as ${id}.zip`,
        purl: own,
        licenses: [{ license: { id: 'Apache-2.0' } }],
        hashes: [{ alg: 'SHA-256', content: sha256 }],
      },
    },
    components: packages.map(componentOf),
    dependencies: [
      // The imports of our own code are not told apart from those between packages.
      { ref: own, dependsOn: [...refs.values()].sort() },
      ...packages.map(({ folder, imports }) => ({ ref: refs.get(folder), dependsOn: refsOf(imports) })),
    ],
  }
}

function componentOf(each: BundledPackage) {
  const [, group, name = each.name] = /^(@[^/]+)\/(.+)$/.exec(each.name) ?? []
  const [, algorithm, digest] = /^(sha512)-(.+)$/.exec(each.integrity ?? '') ?? []
  const content = Buffer.from(digest ?? '', 'base64').toString('hex')
  const isExpression = / (OR|AND|WITH) /.test(each.license)
  return {
    type: 'library',
    'bom-ref': purlOf(each),
    ...(group === undefined ? {} : { group }),
    name,
    version: each.version,
    // The hash of the tarball that npm has installed, not of the code in the bundle.
    ...(algorithm === undefined ? {} : { hashes: [{ alg: 'SHA-512', content }] }),
    licenses: [isExpression ? { expression: each.license } : { license: { id: each.license } }],
    purl: purlOf(each),
  }
}

/** https://github.com/package-url/purl-spec: the @ of a scope is percent-encoded. */
function purlOf({ name, version }: BundledPackage): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`
}

/** A UUID of version 8 (RFC 9562), which is meant for derived values. */
function uuidOf(sha256: string): string {
  const hex = `${sha256.slice(0, 12)}8${sha256.slice(13, 16)}8${sha256.slice(17, 32)}`
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
