import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Source {
  /** Relative to the repository. */
  readonly path: string
  readonly text: string
  /** Packages and node: modules as they are written; files of the repository as paths relative to it. */
  readonly imports: readonly string[]
}

/** The TypeScript files below some folders of the repository. */
export function sources(...folders: readonly string[]): Source[] {
  return folders
    .flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }))
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      const written = [...text.matchAll(/(?:^|\s)(?:from |import |import\()'([^']+)'/g)].map(([, name = '']) => name)
      return {
        path,
        text,
        imports: written.map((name) => (name.startsWith('.') ? normalize(join(dirname(path), name)) : name)),
      }
    })
}

/** The package of an import: `@aws-sdk/client-secrets-manager` of a path inside it. */
export function packageOf(name: string): string {
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/')
}

export function isPackage(name: string): boolean {
  return !name.startsWith('node:') && !/\.(ts|json)$/.test(name)
}

/** Data alone, which the closed list of errors is put together of. */
export const errorLists = [
  ...['aws', 'database', 'http', 'network', 'rotation', 'ssh-protocol'].map(
    (layer) => `shared/${layer}/error-codes.ts`,
  ),
  'shared/aws/iam-error-codes.ts',
  'shared/aws/transfer-error-codes.ts',
  'shared/http/oauth-error-codes.ts',
]
