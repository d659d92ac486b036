import { readFile } from 'node:fs/promises'

/** The CodeSha256 that Lambda reports of released zips: by version of Keyturn, then by function. */
export type ReleasedCode = Readonly<Record<string, Readonly<Record<string, string>>>>

/** The file lies beside the installed command; in a checkout it is that of the release that was made there. */
const places = ['code-sha256.json', '../../dist/code-sha256.json']

/** @returns undefined where there is no list: then doctor says nothing about a function's code */
export async function releasedCode(): Promise<ReleasedCode | undefined> {
  for (const place of places) {
    const text = await readFile(new URL(place, import.meta.url), 'utf8').catch(() => undefined)
    if (text !== undefined) return JSON.parse(text) as ReleasedCode
  }
  return undefined
}

/** Says whose code a function has. Code of no release is no fault: `sam build` makes a zip of its own. */
export function whoseCode(codeSha256: string, released: ReleasedCode): string {
  for (const [version, hashes] of Object.entries(released)) {
    const id = Object.keys(hashes).find((each) => hashes[each] === codeSha256)
    if (id !== undefined) return `that of ${id}.zip of Keyturn ${version}`
  }
  const versions = Object.keys(released).join(', ')
  return `of no zip of Keyturn ${versions}: a build of your own, another release, or none of Keyturn's (CodeSha256 ${codeSha256})`
}
