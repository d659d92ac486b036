import { readdirSync, readFileSync } from 'node:fs'
import { repositoryPath } from '../support/function-under-test.ts'

/**
 * The commands of a block of the README or of a page in docs, as somebody pastes them.
 * @param name what stands above it: `<!-- run: NAME -->`. test/codebase/docs.test.ts looks for it here
 * @throws Error where there is no such block
 */
export function docsBlock(name: string): string {
  const pages = readdirSync(repositoryPath('docs')).filter((page) => page.endsWith('.md'))
  const texts = ['README.md', ...pages.map((page) => `docs/${page}`)].map((page) =>
    readFileSync(repositoryPath(page), 'utf8'),
  )
  const [, block] =
    new RegExp(`^<!-- run: ${name} -->\\n\`\`\`sh\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(texts.join('\n')) ?? []
  if (block === undefined) throw new Error(`No page has a block ${name}.`)
  return block
}
