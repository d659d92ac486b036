import { readFileSync } from 'node:fs'
import { repositoryPath } from './function-under-test.ts'

/**
 * The statements of a block of docs/from-aws-functions.md, so that the page itself is what is tested.
 * @param name of the block: `<!-- sql: NAME -->` stands before it
 * @param names what stands for `app` and for `shop`, the login and the database that the page tells of
 */
export function pageStatements(name: string, names: { readonly app: string; readonly shop: string }): string[] {
  const page = readFileSync(repositoryPath('docs/from-aws-functions.md'), 'utf8')
  const [, block] = new RegExp(`<!-- sql: ${name} -->\n\`\`\`sql\n(.*?)\`\`\``, 's').exec(page) ?? []
  if (block === undefined) throw new Error(`docs/from-aws-functions.md has no block ${name}.`)
  return block
    .replaceAll(/^--.*$/gm, '')
    .replaceAll(/\bapp(?=_clone\b|\b)/g, () => names.app)
    .replaceAll(/\bshop\b/g, () => names.shop)
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}
