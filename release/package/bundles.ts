import { basename, join, relative } from 'node:path'
import { type BuildOptions, build, type Metafile } from 'esbuild'
import { discoverFunctions, functionsFolder } from '../../local/functions.ts'
import { bundling } from '../../local/secrets-manager/functions/bundle.ts'

/** Files by their names in the package, and esbuild's accounts of what is in them. */
export interface Built {
  readonly files: Readonly<Record<string, Uint8Array>>
  readonly metafiles: readonly Metafile[]
}

const common = {
  bundle: true,
  platform: 'node',
  metafile: true,
  write: false,
  logLevel: 'error',
  mainFields: ['module', 'main'],
} as const satisfies BuildOptions

/** Parts of the functions are in CommonJS, and need the names that exist there. */
const banner = {
  js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url), __dirname = import.meta.dirname;",
}

/**
 * Bundles the modules that users import, the programs that run functions for them, and the functions.
 * @param root the checkout; no path above it gets into a file
 * @param entries the modules that users import, by name
 */
export async function bundles(root: string, entries: Readonly<Record<string, string>>): Promise<Built> {
  const outdir = join(root, 'dist', 'package')
  const functions = Object.fromEntries(
    Object.values(await discoverFunctions()).map((path) => [
      relative(functionsFolder, path).replace(/\.ts$/, ''),
      path,
    ]),
  )
  const all = await Promise.all([
    build({
      ...common,
      absWorkingDir: root,
      entryPoints: absolute(root, entries),
      outdir,
      format: 'cjs',
      // The code itself says which Node is too old.
      target: 'node20',
      define: { 'import.meta.dirname': '__dirname' },
      external: ['aws-cdk-lib', 'constructs'],
    }),
    build({
      ...common,
      absWorkingDir: root,
      entryPoints: absolute(root, {
        'function-thread': 'local/embedded/function-thread.ts',
        'function-process': 'local/secrets-manager/functions/function-process.ts',
      }),
      outdir,
      outExtension: { '.js': '.mjs' },
      format: 'esm',
      target: 'node22',
    }),
    // As they are deployed, but for Node 22, and with shared code in files of its own: a fifth of the bytes.
    build({
      ...bundling,
      ...common,
      absWorkingDir: root,
      entryPoints: functions,
      outdir: join(outdir, 'functions'),
      chunkNames: 'shared-[hash]',
      outExtension: { '.js': '.mjs' },
      format: 'esm',
      target: 'node22',
      splitting: true,
      minify: true,
      banner,
      inject: [join(root, 'release', 'package', 'escape.ts')],
      define: { 'RegExp.escape': 'escapeRegExp' },
    }),
  ])
  const files = all.flatMap(({ outputFiles }) =>
    outputFiles.map(({ path, contents }) => [relative(outdir, path).replaceAll('\\', '/'), contents] as const),
  )
  return { files: Object.fromEntries(files), metafiles: all.map(({ metafile }) => metafile) }
}

function absolute(root: string, entries: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).map(([name, path]) => [basename(name), join(root, path)]))
}
