import type { BundledPackage } from './packages.ts'

/** Licences under which somebody else's code may be in a zip of ours: what they ask for, the NOTICE in it does. */
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

/** Of several licences (`MIT OR GPL-3.0-only`) one is enough; what has an AND or an exception in it is for a person to judge. */
function isAllowed(license: string): boolean {
  return license
    .replaceAll(/^\(|\)$/g, '')
    .split(' OR ')
    .some((one) => allowed.includes(one))
}
