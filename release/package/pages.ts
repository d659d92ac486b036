import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'

/** Pages with another name in the package: npm shows its README, which is the page about the package. */
const renamed: Readonly<Record<string, string>> = { 'docs/package.md': 'README.md', 'README.md': 'docs/keyturn.md' }

/** The repository's paths of shipped pages and files. A link to any other file becomes plain words. */
const shipped = /^(docs\/.*|examples\/.*|(README|SECURITY|CHANGELOG)\.md|LICENSE|template\.yaml)$/

/**
 * The documentation and the files that it links to: examples, schemas, pictures, the template.
 * @param root the checkout
 * @param release the folder with the release's template.yaml, which names the zips
 * @returns the files, by their names in the package
 */
export async function pages(root: string, release: string): Promise<Record<string, string | Uint8Array>> {
  const below = async (folder: string) =>
    (await readdir(join(root, folder), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => posix.join(folder, parentPath.slice(join(root, folder).length), name))
  const paths = ['README.md', 'SECURITY.md', 'CHANGELOG.md', ...(await below('docs')), ...(await below('examples'))]
  const files = await Promise.all(
    paths.map(async (path) => {
      const content = await readFile(join(root, path))
      return [placeOf(path), path.endsWith('.md') ? relinked(content.toString(), path) : content] as const
    }),
  )
  return { ...Object.fromEntries(files), 'template.yaml': await readFile(join(release, 'template.yaml')) }
}

const placeOf = (path: string) => renamed[path] ?? path

/**
 * Changes a page's relative links so that they lead to the files in the package.
 * @param text the page, as the repository has it
 * @param path the page's path in the repository
 */
function relinked(text: string, path: string): string {
  const from = dirname(placeOf(path))
  const leads = (target: string) => {
    const file = posix.join(dirname(path), target)
    return shipped.test(file) ? posix.relative(from, placeOf(file)) : undefined
  }
  return text
    .replaceAll(/\[([^\]]*)\]\(([^():#\s]+)(#[^()\s]*)?\)/g, (_link, words: string, target: string, heading = '') => {
      const place = leads(target)
      return place === undefined ? words : `[${words}](${place}${heading})`
    })
    .replaceAll(
      /\b(src|srcset)="([^":]+)"/g,
      (_all, name: string, target: string) => `${name}="${leads(target) ?? ''}"`,
    )
}
