import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { promisify } from 'node:util'

/** Packages that the declarations may name, because every user of them has these. */
const peers = ['aws-cdk-lib', 'constructs']

/**
 * Writes the declarations of the entries and of the modules that they name, under their names in the package.
 * @param root the checkout
 * @param entries the modules, by the name of the entry
 * @returns the files by name: `local.d.ts`, which names `types/local/embedded/start.d.ts`
 * @throws Error of the compiler, and where a declaration names a package that a user may not have
 */
export async function declarations(
  root: string,
  entries: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-types-'))
  try {
    const config = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: folder, rootDir: root },
      files: Object.values(entries).map((entry) => join(root, entry)),
    }
    // The compiler finds node_modules from the folder of this file.
    const project = join(root, 'node_modules', '.cache', 'keyturn', 'types', 'tsconfig.json')
    await mkdir(dirname(project), { recursive: true })
    await writeFile(
      project,
      JSON.stringify({
        ...config,
        compilerOptions: { ...config.compilerOptions, typeRoots: [join(root, 'node_modules/@types')] },
      }),
    )
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    await promisify(execFile)(process.execPath, [tsc, '-p', project]).catch((error: { stdout?: string }) => {
      throw new Error(`The declarations can't be made:\n${error.stdout ?? error}`)
    })
    const files: Record<string, string> = {}
    for (const [name, entry] of Object.entries(entries)) {
      await collect(folder, entry, files)
      files[`${name}.d.ts`] = `export * from './types/${entry.replace(/\.ts$/, '.js')}'\n`
    }
    return files
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function collect(folder: string, module: string, files: Record<string, string>): Promise<void> {
  const name = `types/${module.replace(/\.ts$/, '.d.ts')}`
  if (name in files) return
  const text = await readFile(join(folder, module.replace(/\.ts$/, '.d.ts')), 'utf8')
  files[name] = text.replaceAll(/(from |import\()(['"])(\.[^'"]+)\.ts\2/g, '$1$2$3.js$2')
  for (const [, , imported = ''] of text.matchAll(/(?:from |import\()(['"])([^'"]+)\1/g)) {
    if (imported.startsWith('.')) await collect(folder, normalize(join(dirname(module), imported)), files)
    else if (!peers.some((peer) => imported === peer || imported.startsWith(`${peer}/`)))
      throw new Error(`The declarations of ${module} name ${imported}, which users of the package may not have.`)
  }
}
