import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Metafile } from 'esbuild'

/** The SDK has parts in CommonJS, which look for `require`. */
const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

/** How the command becomes one file, for Node 20 and newer: with all of the SDK's ways to find credentials. */
const bundling = {
  entryPoints: [fileURLToPath(new URL('main.ts', import.meta.url))],
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  mainFields: ['module', 'main'],
  banner: { js: banner },
  logLevel: 'error',
} satisfies BuildOptions

/** Makes `keyturn` as one file. @returns esbuild's account of what went in, with bytes */
export async function bundleCommand(outfile: string): Promise<Metafile> {
  const { metafile } = await build({ ...bundling, outfile, metafile: true })
  return metafile
}
