import { glob, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's `functions/` folder. */
export const functionsFolder = fileURLToPath(new URL('../functions', import.meta.url))

/** The function that rotates nothing, and has no row in template/rows.ts: it lists all secrets once a day. */
export const overdueModule = join(functionsFolder, 'overdue', 'overdue.ts')

/**
 * Finds the rotation functions of the repository: the files `<folder>/<file>.ts` that export such a `handler`.
 * @returns paths by logical id, as the template names them, sorted
 */
export async function discoverFunctions(folder = functionsFolder): Promise<Record<string, string>> {
  const found: [string, string][] = []
  for await (const file of glob('*/*.ts', { cwd: folder })) {
    const path = join(folder, file)
    if (/^export const handler = rotationHandler\b/m.test(await readFile(path, 'utf8')))
      found.push([logicalId(path), path])
  }
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** `postgres/single-user.ts` is PostgresSingleUser; `generated-value/generated-value.ts` just GeneratedValue. */
export function logicalId(path: string): string {
  const file = basename(path, '.ts')
  const folder = basename(dirname(path))
  return pascalCase(folder === file ? file : `${folder}-${file}`)
}

function pascalCase(text: string): string {
  return text.replaceAll(/(?:^|-)(.)/g, (_, first: string) => first.toUpperCase())
}

/**
 * The variables of this shell that a function may see: PASSWORD_LENGTH and its like, and the addresses of other services
 * (AWS_ENDPOINT_URL_IAM), but not the shell's credentials of AWS.
 */
export function shellVariables(): Record<string, string> {
  const others = /^AWS_ENDPOINT_URL_(?!SECRETS_MANAGER$)/
  const own = /^(AWS_|SECRETS_MANAGER_ENDPOINT$)/
  const entries = Object.entries(process.env).filter(([name]) => others.test(name) || !own.test(name))
  return Object.fromEntries(entries) as Record<string, string>
}
