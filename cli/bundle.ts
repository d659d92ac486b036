import { readFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'

/** The SDK has parts in CommonJS, which look for `require`. */
const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

/**
 * Writes out the computed keys in the SDK's schemas: behind `{ [_eQN]: ... }` esbuild has to expect a side effect, and would keep
 * every schema of a client, half a megabyte of EC2's.
 */
const plainKeys: Plugin = {
  name: 'plain-keys',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]@aws-sdk[\\/].*[\\/]schemas_\d+\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      const values = new Map(
        [...text.matchAll(/^const (_\w+) = ("[^"\n]*");$/gm)].map(([, name, value]) => [name, value]),
      )
      return {
        contents: text.replaceAll(/\[(_\w+)\]:/g, (key, name) => (values.has(name) ? `${values.get(name)}:` : key)),
      }
    })
  },
}

/**
 * How the command is bundled, for Node 20 and newer: with all of the SDK's ways to find credentials. The code that only one
 * subcommand needs is in a file beside it: in one file esbuild would keep the whole of each module that is loaded later.
 */
const bundling = {
  entryPoints: [fileURLToPath(new URL('main.ts', import.meta.url))],
  // Its account names the files as seen from the checkout, wherever it is made from.
  absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  splitting: true,
  outExtension: { '.js': '.mjs' },
  mainFields: ['module', 'main'],
  banner: { js: banner },
  logLevel: 'error',
  plugins: [plainKeys],
} satisfies BuildOptions

/** Makes `keyturn` and the files that it loads, beside it. @returns esbuild's account of what went in, with bytes */
export async function bundleCommand(outfile: string): Promise<Metafile> {
  const out = { outdir: resolve(dirname(outfile)), entryNames: basename(outfile, '.mjs'), chunkNames: 'keyturn-[hash]' }
  const { metafile } = await build({ ...bundling, ...out, metafile: true })
  return metafile
}
