import type { BundledPackage } from './packages.ts'

/** Licences under which others' code may be in our zips. The NOTICE in each zip does what these licences ask for. */
const allowed: readonly string[] = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0']

/**
 * @throws Error that names every package with another licence, or with none
 */
export function checkLicences(packages: readonly BundledPackage[]): void {
  const refused = packages.filter(({ license }) => !isAllowed(license))
  if (refused.length === 0) return
  const named = refused.map(({ name, version, license }) => `${name} ${version} (${license || 'no licence is named'})`)
  throw new Error(
    `There is no release: ${named.join(', ')} would be in a bundle, and release/licences.ts allows ${allowed.join(', ')}.`,
  )
}

/** Of several licences (`MIT OR GPL-3.0-only`) one is enough. An expression with AND or an exception is for a person to judge. */
function isAllowed(license: string): boolean {
  return license
    .replaceAll(/^\(|\)$/g, '')
    .split(' OR ')
    .some((one) => allowed.includes(one))
}
