import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkLicences } from './licences.ts'
import { type BundledPackage, licenceTexts } from './packages.ts'

interface About {
  readonly id: string
  readonly version: string
  readonly root: string
  readonly packages: readonly BundledPackage[]
}

const line = '-'.repeat(80)

/**
 * Writes the NOTICE of a zip: the packages in it, with the texts of their licences. A text that
 * several packages have stands there once.
 * @throws Error where a licence is not allowed
 */
export async function noticeOf({ id, version, root, packages }: About): Promise<string> {
  checkLicences(packages)
  const own = `keyturn ${version}, Apache-2.0`
  const byText = new Map([[(await readFile(join(root, 'LICENSE'), 'utf8')).trim(), [own]]])
  const without: string[] = []
  for (const { name, version, license, folder } of packages) {
    const { texts, areFiles } = await licenceTexts(join(root, folder))
    const about = `${name} ${version}, ${license}`
    if (!areFiles) without.push(about)
    for (const text of texts) byText.set(text, [...(byText.get(text) ?? []), about])
  }
  const parts = [...byText].map(([text, names]) => `${line}\n${names.join('\n')}\n${line}\n\n${text}\n`)
  const head = `${id} of Keyturn ${version}. With its own code, its bundle has code of ${packages.length} packages of npm; the licence of each follows.\n`
  const last = `${line}\nThese packages come without a file of their licence; what their README says of it is above:\n${without.join('\n')}\n`
  return [head, ...parts, ...(without.length > 0 ? [last] : [])].join('\n')
}
